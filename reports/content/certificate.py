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
# Of balanced accuracy, LR+ and LR-: for LR- the upper bound below the true value.
MOVER: Mapping[str, float] = {ONE: 1.9, SEVERAL: 2.3, SKEWED: 1.4}
# With groups of patients, such as sites, as clusters: by interval, over all kinds of study.
OF_SITES: Mapping[str, float] = {"exact_clustered": 3.4, "delong_newcombe": 2.4}


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
        error = _error(row, kind)
        if error is None:
            of_groups = " with groups of patients as clusters" if row.clusters else ""
            unknown[INTERVALS.get(row.decision_interval or "", "no interval") + of_groups] = None
        else:
            shown[f"{error} % of simulated studies for {_studied(row, kind)}"] = None
    told = f"Seen at most (docs/evidence/coverage.md): {listed(list(shown))}." if shown else ""
    return f"{told} Not simulated: {listed(list(unknown))}.".strip() if unknown else told


def _error(row: Estimate, kind: str) -> float | None:
    interval = row.decision_interval or ""
    if row.clusters:
        return None if row.metric == "f1" else OF_SITES.get(interval)
    if row.metric == "auroc":
        return AUROC if interval == "delong_newcombe" else None
    if interval == "mover":
        return MOVER[kind]
    if interval != "exact_clustered":
        return None
    return F1 if row.metric == "f1" else PROPORTIONS[kind]


def _studied(row: Estimate, kind: str) -> str:
    """Return the metrics that were simulated together, and in which studies where that matters."""
    if row.clusters:
        return f"{'AUROC' if row.metric == 'auroc' else 'proportions'} with sites as clusters"
    if row.metric in ("f1", "auroc"):
        return "F1" if row.metric == "f1" else "AUROC"
    pair = row.decision_interval == "mover"
    return f"{'balanced accuracy and likelihood ratios' if pair else 'proportions'} with {kind}"
