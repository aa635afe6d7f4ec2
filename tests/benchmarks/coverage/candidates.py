"""Intervals of a clustered proportion, of thousands of studies at once: the one that decides and its rivals.

Each is an effective number of independent units and an inversion of the binomial test on it. The formula of the one
that decides is the product's (`validation.intervals.proportions`) on arrays; a test holds them together.
Sources: Korn & Graubard 1998; Satterthwaite 1946; Wilson 1927.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, stdtrit

from validation.intervals.proportions import UNSEEN_PATIENTS, normal_quantile

Numbers = NDArray[np.float64]
LEVEL = 0.95
TAIL = (1 - LEVEL) / 2
Z = normal_quantile(LEVEL)
BISECTIONS = 50


@dataclass(frozen=True, slots=True)
class Summary:
    """What studies come to, shape (studies,) each; counts are divided by the factor common to all of a study.

    Attributes:
        proportion: x / n.
        patients: K, those with trials.
        trials: n after the division; ``images`` before.
        estimable: neither no errors nor no successes.
        ordinary: every patient has one trial.
        all_alike: n^2 / sum n_k^2, the size if all images of a patient were alike.
        by_variance: n / design effect, infinite where nothing varies.
        resting_on: on how many patients the variance rests, (sum r_k^2)^2 / sum r_k^4.
        one_unseen: what one patient who differs on every image would add to the variance of the proportion.
        by_correlation: sum n_k / (1 + (n_k - 1) rho) with the pooled correlation of the analysis of variance.
    """

    proportion: Numbers
    patients: Numbers
    trials: Numbers
    images: Numbers
    estimable: NDArray[np.bool_]
    ordinary: NDArray[np.bool_]
    all_alike: Numbers
    by_variance: Numbers
    resting_on: Numbers
    one_unseen: Numbers
    by_correlation: Numbers


def summary(successes: Numbers, images: Numbers) -> Summary:
    """Reduce counts by patient, shape (studies, patients); a patient without images does not count."""
    whole = np.concatenate([successes, images], axis=1).astype(np.int64)
    factor = np.gcd.reduce(whole, axis=1)[:, None]
    x, n = successes / factor, images / factor
    there = n > 0
    patients, trials, right = there.sum(axis=1).astype(np.float64), n.sum(axis=1), x.sum(axis=1)
    squares = (trials[:, None] * x - right[:, None] * n) ** 2
    proportion = right / trials
    squared, fourth = squares.sum(axis=1), (squares * squares).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = patients / (patients - 1) * squared / trials**4
        by_variance = np.where(squared > 0, proportion * (1 - proportion) / variance, np.inf)
        resting_on = np.where(squared > 0, squared * squared / fourth, 0.0)
    return Summary(
        proportion=proportion,
        patients=patients,
        trials=trials,
        images=images.sum(axis=1),
        estimable=(right > 0) & (right < trials),
        ordinary=(n <= 1).all(axis=1),
        all_alike=trials * trials / (n * n).sum(axis=1),
        by_variance=by_variance,
        resting_on=resting_on,
        one_unseen=np.maximum(proportion, 1 - proportion) ** 2 * (n**3).sum(axis=1) / trials**3,
        by_correlation=_size_by_correlation(x, n, patients),
    )


def _size_by_correlation(x: Numbers, n: Numbers, patients: Numbers) -> Numbers:
    trials, right = n.sum(axis=1), x.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.where(n > 0, x * x / n, 0.0).sum(axis=1)
        among = (between - right * right / trials) / (patients - 1)
        within = (right - between) / (trials - patients)
        usual = (trials - (n * n).sum(axis=1) / trials) / (patients - 1)
        correlation = (among - within) / (among + (usual - 1) * within)
    correlation = np.clip(np.nan_to_num(correlation, nan=1.0), 0.0, 1.0)
    worth: Numbers = n / (1 + np.maximum(n - 1, 0) * correlation[:, None])
    return worth.sum(axis=1)


def _student(degrees_of_freedom: Numbers) -> Numbers:
    factor: Numbers = (Z / stdtrit(np.maximum(degrees_of_freedom, 1), 1 - TAIL)) ** 2
    return factor


def _believed(s: Summary) -> Numbers:
    return np.minimum(s.trials, s.by_variance) * _student(s.patients - 1)


def _unseen(patients: float) -> Callable[[Summary], Numbers]:
    """Between the data's own size and the worst case, with so many patients more in the variance."""

    def size(s: Summary) -> Numbers:
        of_one = s.proportion * (1 - s.proportion)
        with_unseen = of_one / (of_one / s.by_variance + patients * s.one_unseen)
        estimated = np.minimum(s.trials, s.by_variance)
        enough = np.maximum(np.minimum(estimated, s.all_alike), np.minimum(estimated, with_unseen))
        return enough * _student(s.all_alike - 1)

    return size


def _shrunk(trusted: float) -> Callable[[Summary], Numbers]:
    """Between worst case and data, in logarithms, as the variance rests on few or so many patients."""

    def size(s: Summary) -> Numbers:
        believed, trust = _believed(s), np.minimum(1.0, s.resting_on / trusted)
        return believed**trust * np.minimum(believed, s.all_alike) ** (1 - trust)

    return size


def _satterthwaite(s: Summary) -> Numbers:
    return np.minimum(s.trials, s.by_variance) * _student(np.minimum(s.resting_on, s.patients - 1))


def _pooled(s: Summary) -> Numbers:
    return s.by_correlation * _student(s.patients - 1)


@dataclass(frozen=True, slots=True)
class Misses:
    """Where an interval lies wholly above, wholly below the truth, shape (studies,)."""

    above: NDArray[np.bool_]
    below: NDArray[np.bool_]


def _at_least(x: Numbers, n: Numbers, p: float | Numbers) -> Numbers:
    """Probability of x or more of n; x and n need not be whole."""
    return np.where(x > 0, betainc(np.where(x > 0, x, 1), n - x + 1, p), 1.0)


def _more_than(x: Numbers, n: Numbers, p: float | Numbers) -> Numbers:
    return np.where(n > x, betainc(x + 1, np.where(n > x, n - x, 1), p), 0.0)


def _exact_misses(x: Numbers, n: Numbers, p: float) -> Misses:
    return Misses(_at_least(x, n, p) < TAIL, _more_than(x, n, p) > 1 - TAIL)


def _exact_bounds(x: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    low = np.where(x > 0, betaincinv(np.where(x > 0, x, 1), n - x + 1, TAIL), 0.0)
    return low, np.where(n > x, betaincinv(x + 1, np.where(n > x, n - x, 1), 1 - TAIL), 1.0)


def _jeffreys_above_bounds(x: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    upper = np.where(n > x, betaincinv(x + 0.5, np.where(n > x, n - x, 1) + 0.5, 1 - TAIL), 1.0)
    return _exact_bounds(x, n)[0], upper


def _jeffreys_above_misses(x: Numbers, n: Numbers, p: float) -> Misses:
    short = np.where(n > x, betainc(x + 0.5, np.where(n > x, n - x, 1) + 0.5, p), 0.0) > 1 - TAIL
    return Misses(_exact_misses(x, n, p).above, short)


def _mid_p(x: Numbers, n: Numbers, p: float | Numbers) -> Numbers:
    return (_at_least(x, n, p) + _more_than(x, n, p)) / 2


def _mid_p_misses(x: Numbers, n: Numbers, p: float) -> Misses:
    tail = _mid_p(x, n, p)
    return Misses(tail < TAIL, tail > 1 - TAIL)


def _mid_p_bounds(x: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    bounds = []
    for tail in (TAIL, 1 - TAIL):
        low, high = np.zeros(len(x)), np.ones(len(x))
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            below = _mid_p(x, n, middle) < tail
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        bounds.append((low + high) / 2)
    return np.where(x > 0, bounds[0], 0.0), np.where(x < n, bounds[1], 1.0)


def _wilson_bounds(x: Numbers, n: Numbers) -> tuple[Numbers, Numbers]:
    p = x / n
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * np.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return np.where(x > 0, centre - half, 0.0), np.where(x < n, centre + half, 1.0)


def _wilson_misses(x: Numbers, n: Numbers, p: float) -> Misses:
    low, high = _wilson_bounds(x, n)
    return Misses(low > p, high < p)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An effective size and what is inverted on it; ``title`` is for the reader of the table.

    ``everywhere`` is False where one trial a patient and the boundary are what they are for all: n and the worst case.
    """

    title: str
    size: Callable[[Summary], Numbers]
    misses: Callable[[Numbers, Numbers, float], Misses] = _exact_misses
    bounds: Callable[[Numbers, Numbers], tuple[Numbers, Numbers]] = _exact_bounds
    everywhere: bool = False

    def effective(self, s: Summary) -> Numbers:
        """n_eff of each study; 0 for one patient alone, which gives [0, 1]."""
        size = self.size(s)
        if self.everywhere:
            return size
        size = np.where(s.estimable, size, s.all_alike)
        return np.where(s.patients == 1, 0.0, np.where(s.ordinary, s.trials, size))


DEFAULT = "exact_clustered"
FORMER = "trust_20"
DEFAULT_SIZE = _unseen(UNSEEN_PATIENTS)
CANDIDATES: Mapping[str, Candidate] = {
    DEFAULT: Candidate("the default: two unseen patients in the variance", DEFAULT_SIZE),
    FORMER: Candidate(
        "the default before: worst case as far as fewer than 20 patients contribute to the variance",
        _shrunk(20),
    ),
    "trust_40": Candidate("the same with 40 patients", _shrunk(40)),
    "trust_80": Candidate("the same with 80 patients", _shrunk(80)),
    "all_alike": Candidate("always the worst case, or less", _shrunk(np.inf)),
    "one_unseen": Candidate("one unseen patient", _unseen(1)),
    "four_unseen": Candidate("four unseen patients", _unseen(4)),
    "korn_graubard": Candidate("the variance as it is", _believed),
    "satterthwaite": Candidate("the variance as it is, Satterthwaite's degrees of freedom", _satterthwaite),
    "pooled": Candidate("pooled intracluster correlation", _pooled),
    "jeffreys_above": Candidate(
        "the default with Jeffreys' upper bound", DEFAULT_SIZE, _jeffreys_above_misses, _jeffreys_above_bounds
    ),
    "mid_p": Candidate("mid-P on the default's size", DEFAULT_SIZE, _mid_p_misses, _mid_p_bounds),
    "wilson_effective": Candidate(
        "Wilson on the default's size", DEFAULT_SIZE, _wilson_misses, _wilson_bounds
    ),
    "clopper_pearson": Candidate("patients ignored", lambda s: s.images, everywhere=True),
}
