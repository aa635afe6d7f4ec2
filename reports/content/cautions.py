"""Cautions as a report prints them: in the summary, and again beside their subject.

Owns their place and their subject in words; their conditions and texts come from the results.
"""

from dataclasses import dataclass

from protocols.schema.metrics import METRICS
from reports.language.formatting import sentence
from reports.language.vocabulary import Words
from validation.results.results import OVERALL_AXIS, Results
from validation.results.secondary import Caution


@dataclass(frozen=True, slots=True)
class CautionNote:
    """A caution with its subject in words.

    Attributes:
        subject: what the caution applies to: ``SE (sensitivity, all images)``, ``AUROC``.
        text: the caution, a sentence.
        section: the section of its subject, in addition to the summary.
        axis: the axis of subgroups within that section, None for the whole cohort.
    """

    subject: str
    text: str
    section: str
    axis: str | None


def caution_notes(results: Results, words: Words) -> tuple[CautionNote, ...]:
    """Return all cautions of a run in the results' order."""
    return tuple(_note(caution, results, words) for caution in results.cautions)


def _note(caution: Caution, results: Results, words: Words) -> CautionNote:
    about, text = caution.about, f"{sentence(caution.text).removesuffix('.')}."
    for criterion in results.criteria:
        if criterion.id == about:
            metric, whom = words.within(words.metric(criterion.metric)), words.whom(criterion.subgroup)
            axis = None if criterion.subgroup.axis == OVERALL_AXIS else criterion.subgroup.axis
            section = "primary" if axis is None else "subgroups"
            return CautionNote(f"{about} ({metric}, {whom})", text, section, axis)
    if about in METRICS:
        return CautionNote(words.metric(about), text, "primary", None)
    return CautionNote(words.analysis(about), text, "robustness", None)
