"""The one-sided error of a criterion in simulation, for its interval and the kind of study.

Owns the highest errors of docs/evidence/coverage.md, with which a test compares them, and the classification of studies
by the number of images per patient. A nominal error proves nothing: a report states what was observed.
"""

from collections.abc import Mapping, Sequence

from protocols.schema.statistical_analysis import CERTIFIED
from reports.language.formatting import listed
from reports.language.names import INTERVALS
from validation.results.results import CohortSummary, Estimate

ONE, SEVERAL, SKEWED = "one image per patient", "several images per patient", "very unequal numbers of images"
OF_SCORES = {"auroc": "AUROC", "average_precision": "average precision", "brier": "the Brier score"}
SIMULATED_LEVEL = 0.95
HEAVIEST, SKEWED_PROPORTION = 0.05, 0.2  # 5 % of the patients have a fifth of the images
# Per cent of simulated studies with a lower bound above the truth, in the worst cell.
PROPORTIONS: Mapping[str, float] = {ONE: 2.4, SEVERAL: 2.6, SKEWED: 3.2}
F1 = 2.2  # over all kinds of study
AUROC: Mapping[str, float] = {ONE: 2.1, SEVERAL: 2.1, SKEWED: 3.2}
# Of `jackknife_student`; for the Brier score the upper bound below the true value.
LEFT_OUT: Mapping[str, Mapping[str, float]] = {
    "average_precision": {ONE: 2.5, SEVERAL: 2.3, SKEWED: 2.0},
    "brier": {ONE: 2.3, SEVERAL: 2.6, SKEWED: 2.7},
}
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
    kind = kind_of_study(cohort)
    shown, short, unknown = dict[str, None](), dict[str, None](), dict[str, None]()
    for row in deciding:
        error, name = _error(row, kind), row.decision_interval or ""
        if error is not None:
            shown[f"{error} % of simulated studies for {_studied(row, kind)}"] = None
        elif name in INTERVALS and name not in CERTIFIED:
            short[INTERVALS[name]] = None
        else:
            of_groups = " with groups of patients as clusters" if row.clusters else ""
            unknown[INTERVALS.get(name, "no interval") + of_groups] = None
    sentences = (
        ("Seen at most (docs/evidence/coverage.md)", shown),
        ("Missing its targets in simulated studies (docs/evidence/coverage.md)", short),
        ("Not simulated", unknown),
    )
    return " ".join(f"{words}: {listed(list(what))}." for words, what in sentences if what)


def _error(row: Estimate, kind: str) -> float | None:
    interval = row.decision_interval or ""
    if row.clusters:
        return None if row.metric == "f1" else OF_SITES.get(interval)
    if row.metric == "auroc":
        return AUROC[kind] if interval == "delong_newcombe" else None
    if interval == "mover":
        return MOVER[kind]
    if interval == "jackknife_student":
        return LEFT_OUT[row.metric][kind]
    if interval != "exact_clustered":
        return None
    return F1 if row.metric == "f1" else PROPORTIONS[kind]


def _studied(row: Estimate, kind: str) -> str:
    """Return the metrics that were simulated together, and in which studies where that matters."""
    if row.clusters:
        return f"{'AUROC' if row.metric == 'auroc' else 'proportions'} with sites as clusters"
    if row.metric == "f1":
        return "F1"
    if row.decision_interval == "mover":
        return f"balanced accuracy and likelihood ratios with {kind}"
    return f"{OF_SCORES.get(row.metric, 'proportions')} with {kind}"
