"""Wald test that a metric is equal in all levels, per axis and metric, with Holm's adjustment.

Owns the choice of levels, the test and the adjustment. The levels and their joint covariance are `level_estimates`,
the largest difference is `level_differences`; the minimum size of a level is decided with the rows (`estimates`).
Sources: Korn & Graubard 1990 (F in place of chi-square); Nel & van der Merwe 1986 and Krishnamoorthy & Yu 2004 (degrees
of freedom of a sum of covariances); Holm 1979. Error rates of the test are in docs/evidence/homogeneity.md.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from protocols.schema.criteria import Family
from protocols.schema.metrics import SUBGROUP_METRICS
from protocols.schema.protocol import Protocol
from protocols.storage.canonical import FITTED_PLACES, PLACES, rounded
from validation.cohort.outcomes import Sample
from validation.cohort.subgroups import Axis
from validation.estimates.replication import Replicates
from validation.homogeneity.level_differences import largest_gap
from validation.homogeneity.level_estimates import LevelEstimate, NotGiven, joint_covariance, level_estimate
from validation.intervals.distributions import f_tail
from validation.results.results import Estimate, Subgroup
from validation.results.secondary import Homogeneity

SINGULAR = 1e-12  # of a variance; less is what rounding leaves of nothing


@dataclass(frozen=True, slots=True)
class LevelData:
    """A level's sample and bootstrap replicates, of the resampled patients that all levels of the axis share."""

    sample: Sample
    replicates: Replicates


@dataclass(frozen=True, slots=True)
class Wald:
    """F statistic, its degrees of freedom and p-value."""

    statistic: float
    degrees_of_freedom: tuple[int, int]
    p_value: float


def homogeneity_tests(
    rows: Mapping[Subgroup, LevelData],
    estimates: Mapping[Subgroup, Sequence[Estimate]],
    axes: Sequence[Axis],
    protocol: Protocol,
) -> tuple[Homogeneity, ...]:
    """Test every axis and metric, adjusted for one another; levels unknown or too small to be judged do not enter.

    Args:
        rows: the reported levels of all axes, in order.
        estimates: of each of these, `SUBGROUP_METRICS` among them.
        axes: in the protocol's order.
        protocol: states the confidence level and the family.
    """
    tests = [
        homogeneity_of(
            axis.name,
            metric,
            {row.level: rows[row] for row in of_axis},
            left_out={
                row.level: reason
                for row in of_axis
                if (reason := _unfit(axis, row, next(e for e in estimates[row] if e.metric == metric)))
            },
            confidence_level=protocol.bootstrap.confidence_level,
        )
        for axis in axes
        for of_axis in [[row for row in rows if row.axis == axis.name]]
        for metric in SUBGROUP_METRICS
    ]
    return with_holm(with_family_of_gaps(tests), protocol.family)


def _unfit(axis: Axis, row: Subgroup, estimate: Estimate) -> str | None:
    if row.level not in axis.known:
        return "unknown"
    return {"ok": None, "insufficient": "insufficient", "undefined": "not estimable"}[estimate.status]


def homogeneity_of(
    axis: str,
    metric: str,
    levels: Mapping[str, LevelData],
    *,
    left_out: Mapping[str, str],
    confidence_level: float,
) -> Homogeneity:
    """Test one metric on one axis, with its largest difference.

    Args:
        axis: its name.
        metric: one of `SUBGROUP_METRICS`.
        levels: the reported levels, in their order.
        left_out: why some of them must not enter; others that cannot are added with their reason.
        confidence_level: two-sided, of the intervals of all pairs together.

    Returns:
        Outside any family (`with_holm`). With fewer than two levels there is a note and no number.
    """
    reasons, entering = dict(left_out), dict[str, LevelEstimate]()
    for name, level in levels.items():
        if name not in reasons:
            found = level_estimate(metric, level.sample.counts, level.sample.ranked)
            if isinstance(found, NotGiven):
                reasons[name] = found.reason
            else:
                entering[name] = found
    estimates = tuple(entering.values())
    untested = Homogeneity(
        axis=axis,
        metric=metric,
        levels=tuple(entering),
        left_out=reasons,
        patients=patients_of(estimates),
        statistic=None,
        degrees_of_freedom=None,
        p_value=None,
        in_family=False,
        holm_p_value=None,
        largest_gap=None,
        note="not estimable: fewer than two levels",
    )
    if len(estimates) < 2:
        return untested
    covariance = joint_covariance(estimates)
    values = [levels[name].replicates.of(metric) for name in entering]
    gap = largest_gap(entering, covariance, values, confidence_level)
    wald = wald_test(estimates, covariance)
    if isinstance(wald, NotGiven):
        return replace(untested, largest_gap=gap, note=wald.reason)
    return replace(
        untested,
        statistic=wald.statistic,
        degrees_of_freedom=wald.degrees_of_freedom,
        p_value=wald.p_value,
        largest_gap=gap,
        note=None,
    )


def wald_test(levels: Sequence[LevelEstimate], covariance: Sequence[Sequence[float]]) -> Wald | NotGiven:
    """Compute W = (C p)' (C V C')^-1 (C p), C p the differences from the first level, as F = W (d - q + 1) / (d q).

    q is the number of levels less one; d are the degrees of freedom of V: for two levels Welch's, for levels that share
    all their K patients K - 1. F has q and d - q + 1 degrees of freedom.

    Args:
        levels: two or more.
        covariance: of `joint_covariance`.

    Returns:
        F to 6 decimals, and the p-value of that F; `NotGiven` with too few patients for so many levels, and where
        levels vary as one.
    """
    q = len(levels) - 1
    d = degrees_of_freedom(levels)
    if d < q:
        return NotGiven("not estimable: too few patients for so many levels")
    differences = [level.value - levels[0].value for level in levels[1:]]
    contrasts = [
        [covariance[i][j] - covariance[i][0] - covariance[0][j] + covariance[0][0] for j in range(1, q + 1)]
        for i in range(1, q + 1)
    ]
    form = quadratic_form(contrasts, differences)
    if form is None:
        return NotGiven("not estimable: levels vary as one")
    statistic = rounded(form * (d - q + 1) / (d * q), FITTED_PLACES)
    return Wald(statistic, (q, d - q + 1), rounded(f_tail(statistic, q, d - q + 1), PLACES))


def degrees_of_freedom(levels: Sequence[LevelEstimate]) -> int:
    """Compute d = min(K - 1, q (q + 1) / (2 sum (1 - w)^2 / nu)), rounded down.

    K are the patients of all levels, w is the weight of a level, 1 / variance over its sum, nu its own degrees of
    freedom.
    """
    q, precision = len(levels) - 1, math.fsum(1 / level.variance for level in levels)
    uncertainty = math.fsum(
        (1 - 1 / (level.variance * precision)) ** 2 / level.degrees_of_freedom for level in levels
    )
    matched = q * (q + 1) / (2 * uncertainty)
    return min(patients_of(levels) - 1, math.floor(rounded(matched, FITTED_PLACES)))


def patients_of(levels: Sequence[LevelEstimate]) -> int:
    """Count the patients who contribute to one level or more."""
    return int(np.logical_or.reduce([level.contributing for level in levels]).sum())


def quadratic_form(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> float | None:
    """Compute v' M^-1 v by Cholesky's decomposition, in a fixed order of operations; None where M is singular.

    Args:
        matrix: symmetric, not indefinite, shape (size, size).
        vector: shape (size,).
    """
    lower: list[list[float]] = []
    solved: list[float] = []
    for i, row in enumerate(matrix):
        factors: list[float] = []
        for j in range(i):
            inner = math.fsum(a * b for a, b in zip(factors, lower[j], strict=False))
            factors.append((row[j] - inner) / lower[j][j])
        pivot = row[i] - math.fsum(factor * factor for factor in factors)
        if pivot <= SINGULAR * row[i]:
            return None
        factors.append(math.sqrt(pivot))
        lower.append(factors)
        known = math.fsum(a * b for a, b in zip(factors, solved, strict=False))
        solved.append((vector[i] - known) / factors[i])
    return math.fsum(value * value for value in solved)


def with_holm(tests: Sequence[Homogeneity], family: Family | None) -> tuple[Homogeneity, ...]:
    """Return the tests in their order, those of the family with Holm's adjusted p-value.

    The size of the family is the protocol's: a test without a p-value counts with p = 1, so that an impossible test
    never makes the others easier.
    """
    if family is None:
        return tuple(tests)
    members = [test.axis in family.axes and test.metric in family.metrics for test in tests]
    adjusted = iter(holm([test.p_value for test, member in zip(tests, members, strict=True) if member]))
    return tuple(
        replace(test, in_family=True, holm_p_value=next(adjusted)) if member else test
        for test, member in zip(tests, members, strict=True)
    )


def with_family_of_gaps(tests: Sequence[Homogeneity]) -> tuple[Homogeneity, ...]:
    """Return the tests in their order, with the p-values of their largest differences adjusted for one another (Holm).

    The family is every axis and metric but f1, which depends on prevalence as well as on sensitivity and specificity:
    a difference in it alone may not be one of the device. An axis without a difference counts with p = 1.
    """
    members = [test for test in tests if test.metric != "f1"]
    adjusted = dict(
        zip(
            map(id, members),
            holm([test.largest_gap.p_value if test.largest_gap else None for test in members]),
            strict=True,
        )
    )
    return tuple(
        replace(test, largest_gap=replace(test.largest_gap, family_p_value=adjusted.get(id(test))))
        if test.largest_gap
        else test
        for test in tests
    )


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjust p-values by Holm: the i-th smallest of m times m - i + 1, not below the one before, at most 1.

    Args:
        p_values: in [0, 1]; None counts as 1 and stays None.
    """
    filled = [1.0 if p is None else p for p in p_values]
    order = sorted(range(len(filled)), key=lambda place: filled[place])
    raised = itertools.accumulate(
        (min(1.0, (len(filled) - rank) * filled[place]) for rank, place in enumerate(order)), max
    )
    by_place = dict(zip(order, raised, strict=True))
    return tuple(None if p is None else rounded(by_place[place], PLACES) for place, p in enumerate(p_values))
