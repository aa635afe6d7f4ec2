"""What a user would write without the suite: the same bootstrap intervals by common ways.

Owns the rivals alone, each written as plainly and as fast as its library invites; timing them is `statistics`.
All but fairlearn, which has no clusters, resample patients.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from fairlearn.metrics import MetricFrame
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics

from tests.benchmarks.engine import WHOLE, Joined
from validation.cohort.join import POSITIVE
from validation.results.results import Subgroup

Row = tuple[str, Subgroup]
Intervals = dict[Row, tuple[float, float]]
Fraction = tuple[Any, Any]
TAILS = (0.025, 0.975)
SCIPY_BATCH = 500  # replicates at once: as fast as any, in a tenth of the memory of all at once
SKLEARN_METRICS: Mapping[str, Callable[..., float]] = {
    "sensitivity": lambda true, called: metrics.recall_score(true, called, zero_division=np.nan),
    "specificity": lambda true, called: metrics.recall_score(true, called, pos_label=0, zero_division=np.nan),
    "f1": lambda true, called: metrics.f1_score(true, called, zero_division=np.nan),
    "ppv": lambda true, called: metrics.precision_score(true, called, zero_division=np.nan),
    "npv": lambda true, called: metrics.precision_score(true, called, pos_label=0, zero_division=np.nan),
    "accuracy": metrics.accuracy_score,
    "prevalence": lambda true, called: float(np.mean(true)),
}


@dataclass(frozen=True, slots=True)
class Images:
    """The analysed images, all determinate and processed; every array has shape (images,).

    ``patient`` counts from 0; ``levels`` holds the overall row too.
    """

    patient: NDArray[np.intp]
    positive: NDArray[np.bool_]
    called: NDArray[np.bool_]
    score: NDArray[np.float64]
    levels: Mapping[Subgroup, NDArray[np.bool_]]

    @property
    def patients(self) -> int:
        """How many there are."""
        return int(self.patient.max()) + 1


def images_of(study: Joined) -> Images:
    """What every rival starts from."""
    cohort, analysed = study.cohort, study.cohort.analysed
    ids = np.array(cohort.patient_id)[analysed]
    return Images(
        patient=np.unique(ids, return_inverse=True)[1],
        positive=cohort.truth[analysed] == POSITIVE,
        called=cohort.called[analysed],
        score=cohort.score[analysed],
        levels={subgroup: members[analysed] for subgroup, members in study.levels.items()},
    )


def numpy_loop(images: Images, replicates: int, seed: int) -> Intervals:
    """Draw patients, gather their rows, count TP, FP, FN and TN in every level, divide."""

    def proportions(level: Subgroup, rows: NDArray[np.intp]) -> dict[str, float]:
        rows = rows[images.levels[level][rows]]
        positive, called = images.positive[rows], images.called[rows]
        tp, fp = np.sum(positive & called), np.sum(~positive & called)
        fn, tn = np.sum(positive & ~called), np.sum(~positive & ~called)
        with np.errstate(invalid="ignore"):
            return {name: float(over / under) for name, (over, under) in _fractions(tp, fp, fn, tn).items()}

    return _over_replicates(images, replicates, seed, proportions)


def sklearn_loop(images: Images, replicates: int, seed: int) -> Intervals:
    """Draw patients, gather their rows, call one function of scikit-learn a metric and level."""

    def scores(level: Subgroup, rows: NDArray[np.intp]) -> dict[str, float]:
        rows = rows[images.levels[level][rows]]
        positive, called = images.positive[rows], images.called[rows]
        return {name: metric(positive, called) for name, metric in SKLEARN_METRICS.items()}

    return _over_replicates(images, replicates, seed, scores)


def auroc_by_sklearn(images: Images, replicates: int, seed: int) -> Intervals:
    """Draw patients, gather their rows, call roc_auc_score a level."""

    def area(level: Subgroup, rows: NDArray[np.intp]) -> dict[str, float]:
        rows = rows[images.levels[level][rows]]
        positive = images.positive[rows]
        both = positive.any() and not positive.all()
        return {"auroc": metrics.roc_auc_score(positive, images.score[rows]) if both else np.nan}

    return _over_replicates(images, replicates, seed, area)


def auroc_by_ranks(images: Images, replicates: int, seed: int) -> Intervals:
    """Draw patients, gather their rows, rank the scores of a level: Mann and Whitney's statistic."""

    def area(level: Subgroup, rows: NDArray[np.intp]) -> dict[str, float]:
        rows = rows[images.levels[level][rows]]
        positive = images.positive[rows]
        m, n = int(positive.sum()), int((~positive).sum())
        ranks = stats.rankdata(images.score[rows])
        return {"auroc": (ranks[positive].sum() - m * (m + 1) / 2) / (m * n) if m and n else np.nan}

    return _over_replicates(images, replicates, seed, area)


def scipy_in_batches(images: Images, replicates: int, seed: int) -> Intervals:
    """`scipy.stats.bootstrap`, vectorized, on counts by patient; one call a metric and level; percentile intervals.

    A level is given its own patients only, which is less work than the whole draw.
    """
    return _by_scipy(images, n_resamples=replicates, batch=SCIPY_BATCH, method="percentile", rng=seed)


def scipy_as_it_comes(images: Images, replicates: int, seed: int) -> Intervals:
    """The same with its defaults: all replicates at once, BCa intervals."""
    return _by_scipy(images, n_resamples=replicates, rng=seed)


def metric_frame(images: Images, replicates: int, seed: int) -> Intervals:
    """Fairlearn's `MetricFrame`, one an axis. It resamples images: its intervals are those of single images."""
    intervals: Intervals = {}
    axes = dict.fromkeys(level.axis for level in images.levels if level != WHOLE)
    for axis in axes:
        names = np.full(len(images.patient), "", dtype=object)
        for level, members in images.levels.items():
            if level.axis == axis:
                names[members] = level.level
        frame = MetricFrame(
            metrics=SKLEARN_METRICS,
            y_true=images.positive,
            y_pred=images.called,
            sensitive_features=names,
            n_boot=replicates,
            ci_quantiles=list(TAILS),
            random_state=seed,
        )
        low, high = frame.by_group_ci
        for name in SKLEARN_METRICS:
            intervals |= {
                (name, Subgroup(axis, level)): (float(low.loc[level, name]), float(high.loc[level, name]))
                for level in low.index
            }
            overall = frame.overall_ci
            intervals[name, WHOLE] = (float(overall[0][name]), float(overall[1][name]))
    return intervals


def _over_replicates(
    images: Images,
    replicates: int,
    seed: int,
    values_of: Callable[[Subgroup, NDArray[np.intp]], dict[str, float]],
) -> Intervals:
    """Percentile intervals of what ``values_of`` makes of the rows drawn in each replicate."""
    random = np.random.default_rng(seed)
    by_patient = np.argsort(images.patient, kind="stable")
    rows_of = np.split(by_patient, np.cumsum(np.bincount(images.patient))[:-1])
    values: dict[Row, list[float]] = defaultdict(list)
    for _ in range(replicates):
        drawn = random.integers(images.patients, size=images.patients)
        rows = np.concatenate([rows_of[patient] for patient in drawn])
        for level in images.levels:
            for name, value in values_of(level, rows).items():
                values[name, level].append(value)
    return {row: tuple(map(float, np.nanquantile(drawn, TAILS))) for row, drawn in values.items()}


def _by_scipy(images: Images, **options: Any) -> Intervals:
    return {
        row: tuple(map(float, result.confidence_interval))
        for row, fraction in _fractions_by_patient(images).items()
        for result in [stats.bootstrap(fraction, _ratio, paired=True, vectorized=True, **options)]
    }


def _ratio(over: NDArray[np.float64], under: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return over.sum(axis=axis) / under.sum(axis=axis)


def _fractions_by_patient(images: Images) -> dict[Row, Fraction]:
    """Numerator and denominator of every metric of every level by patient of the level."""
    positive, called = images.positive, images.called
    cells = (positive & called, ~positive & called, positive & ~called, ~positive & ~called)
    fractions: dict[Row, Fraction] = {}
    for level, members in images.levels.items():
        counts = [np.bincount(images.patient[members & cell], minlength=images.patients) for cell in cells]
        present = np.sum(counts, axis=0) > 0
        by_patient = (count[present].astype(np.float64) for count in counts)
        fractions |= {(name, level): fraction for name, fraction in _fractions(*by_patient).items()}
    return fractions


def _fractions(tp: Any, fp: Any, fn: Any, tn: Any) -> dict[str, Fraction]:
    """Numerator and denominator of each metric, from counts of any one shape."""
    return {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "f1": (2 * tp, 2 * tp + fp + fn),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
        "accuracy": (tp + tn, tp + fp + fn + tn),
        "prevalence": (tp + fn, tp + fp + fn + tn),
    }
