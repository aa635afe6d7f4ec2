"""The one-sided error of a criterion in simulation, for its interval and the kind of study.

Owns the highest errors of docs/evidence/coverage.md, with which a test compares them, and the classification of studies
by the number of images per patient. A nominal error proves nothing: a report states what was observed.
"""

from collections.abc import Mapping, Sequence

from reports.language.formatting import listed
from reports.language.names import INTERVALS
from validation.results.results import CohortSummary, Estimate

ONE, SEVERAL, SKEWED = "one image per patient", "several images per patient", "very unequal numbers of images"
SIMULATED_LEVEL = 0.95
HEAVIEST, SKEWED_PROPORTION = 0.05, 0.2  # 5 % of the patients have a fifth of the images
# Per cent of simulated studies with a lower bound above the truth, in the worst cell.
PROPORTIONS: Mapping[str, float] = {ONE: 2.4, SEVERAL: 2.6, SKEWED: 3.2}
F1, AUROC = 2.2, 4.2  # over all kinds of study


def kind_of_study(cohort: CohortSummary) -> str:
    """Return the kind of simulated study that matches a cohort, by the distribution of images over patients."""
    if cohort.images == cohort.patients:
        return ONE
    sizes = sorted(
        (int(images) for images, patients in cohort.patients_by_images.items() for _ in range(patients)),
        reverse=True,
    )
    heaviest = sum(sizes[: round(HEAVIEST * len(sizes))])
    return SKEWED if heaviest >= SKEWED_PROPORTION * cohort.images else SEVERAL


def highest_errors(deciding: Sequence[Estimate], cohort: CohortSummary, confidence_level: float) -> str:
    """Return a sentence on the simulated one-sided error of the deciding intervals.

    Args:
        deciding: the estimates that acceptance criteria judge.
        cohort: of the study.
        confidence_level: two-sided.
    """
    if confidence_level != SIMULATED_LEVEL:
        return "This level of confidence was not simulated (docs/evidence/coverage.md)."
    kind, shown, unknown = kind_of_study(cohort), dict[str, None](), dict[str, None]()
    for row in deciding:
        name = row.decision_interval or ""
        error = _error(row.metric, name, kind)
        if error is None:
            unknown[INTERVALS.get(name, "no interval")] = None
        else:
            what = {"f1": "F1", "auroc": "AUROC"}.get(row.metric, f"proportions with {kind}")
            shown[f"{error} % of simulated studies for {what}"] = None
    told = f"Seen at most (docs/evidence/coverage.md): {listed(list(shown))}." if shown else ""
    return f"{told} Not simulated: {listed(list(unknown))}.".strip() if unknown else told


def _error(metric: str, interval: str, kind: str) -> float | None:
    if metric == "auroc":
        return AUROC if interval == "delong_newcombe" else None
    if interval != "exact_clustered":
        return None
    return F1 if metric == "f1" else PROPORTIONS[kind]
