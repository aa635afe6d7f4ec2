"""Numbers of sections, tables and figures, so that headings, captions and references always agree.

Owns the order of the sections. Tables and figures are numbered by first mention, in the text or in their own caption,
so mentions must come in the order of appearance.
"""

from collections.abc import Collection
from dataclasses import dataclass
from string import ascii_uppercase

TITLES = {
    "signatures": "Signatures",
    "summary": "Summary",
    "scope": "Purpose, scope and claim",
    "device": "Device under test",
    "protocol": "Protocol",
    "risk": "Risk linkage",
    "data": "Data",
    "reference": "Reference standard",
    "size": "Sample size",
    "methods": "Statistical methods",
    "primary": "Primary results",
    "subgroups": "Subgroups",
    "secondary": "Secondary results",
    "localisation": "Where the device looks",
    "robustness": "Robustness of the result",
    "perturbations": "Robustness of the device",
    "repeatability": "Repeatability",
    "workflow": "Workflow timing",
    "failures": "Failure analysis",
    "predicate": "Predicate device",
    "limitations": "Limitations and gaps",
    "conclusion": "Conclusion",
    "rerun": "How to rerun",
}
# After the numbered sections, lettered in this order.
APPENDICES = {
    "appendix_listing": "Line listing of errors",
    "appendix_dictionary": "Data dictionary",
    "appendix_checklists": "Checklist coverage",
    "appendix_materials": "Bill of materials",
    "appendix_audit": "Audit trail",
    "appendix_glossary": "Glossary",
}
# Titles where the labels were mined from text.
OF_AGREEMENT = {
    "reference": "Labels compared with",
    "failures": "Disagreements",
    "appendix_listing": "Line listing of disagreements",
}
# Sections of evidence that a run may lack.
OPTIONAL = ("localisation", "perturbations", "workflow", "predicate")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report; ``id`` is its anchor, ``number`` a letter for an appendix."""

    id: str
    number: int | str
    title: str

    @property
    def appendix(self) -> bool:
        """Whether it comes after the numbered sections."""
        return self.id in APPENDICES

    @property
    def reference(self) -> str:
        """Its name within a sentence: ``section 3``, ``appendix A``."""
        return f"{'appendix' if self.appendix else 'section'} {self.number}"


def sections(*, agreement: bool, present: Collection[str] = ()) -> dict[str, Section]:
    """Return the sections by id, in order: all but absent optional ones, then the appendices.

    Without a reference standard no title names one.
    """
    given = OF_AGREEMENT if agreement else {}
    titles = {id_: given.get(id_, title) for id_, title in TITLES.items()}
    there = {id_: title for id_, title in titles.items() if id_ not in OPTIONAL or id_ in present}
    numbered = {
        id_: Section(id_, number, title) for number, (id_, title) in enumerate(there.items(), start=1)
    }
    lettered = {
        id_: Section(id_, letter, given.get(id_, title))
        for letter, (id_, title) in zip(ascii_uppercase, APPENDICES.items(), strict=False)
    }
    return numbered | lettered


class Numbering:
    """Numbers assigned while one document is written, in the order of first mention."""

    def __init__(self) -> None:
        self._given: dict[str, list[str]] = {}

    def of(self, kind: str, key: str) -> str:
        """Return the name of a table or figure: ``Table 3``."""
        given = self._given.setdefault(kind, [])
        if key not in given:
            given.append(key)
        return f"{kind} {given.index(key) + 1}"
