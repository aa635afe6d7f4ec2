"""The appendices of a report, gathered for its templates.

Owns the gathering only; each part is a file of its own.
"""

from dataclasses import dataclass

from reports.appendices.bill_of_materials import BillOfMaterials, bill_of_materials
from reports.appendices.checklists import ANSWERS, STATUSES, Coverage, Status, coverage_of
from reports.appendices.data_dictionary import DictionaryEntry, listing_columns, results_keys
from reports.appendices.glossary import Glossary, glossary_of
from reports.content.context import ReportContext
from reports.run_files.audit_trail import Duration, durations_of


@dataclass(frozen=True, slots=True)
class Appendices:
    """The parts of the appendices."""

    coverage: tuple[Coverage, ...]
    listing_columns: tuple[DictionaryEntry, ...]
    results_keys: tuple[DictionaryEntry, ...]
    materials: BillOfMaterials
    durations: tuple[Duration, ...]
    glossary: Glossary

    @property
    def statuses(self) -> dict[Status, str]:
        """The answers to a checklist item in words, in the order of columns."""
        return dict(STATUSES)

    @property
    def answers(self) -> dict[Status, str]:
        """The same for a narrow column."""
        return dict(ANSWERS)


def appendices_of(context: ReportContext) -> Appendices:
    """Gather the appendices of a run."""
    return Appendices(
        coverage=coverage_of(context),
        listing_columns=listing_columns(context.axes, context.words),
        results_keys=results_keys(context.words),
        materials=bill_of_materials(context.record, context.device),
        durations=durations_of(context.record),
        glossary=glossary_of(context),
    )
