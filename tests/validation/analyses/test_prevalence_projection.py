"""Projection to other prevalences against published values, by hand, and against the metrics themselves."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from validation.analyses.prevalence_projection import f1_at, npv_at, ppv_at, projections
from validation.intervals.bootstrap import quantile
from validation.intervals.mover import mover_ratio
from validation.intervals.proportions import clopper_pearson
from validation.metrics.counts import confusion, f1, npv, ppv
from validation.results.secondary import Projection

# Sensitivity 190/201 and specificity 397/412 of a cleared triage device, by Bayes' theorem: prevalence, PPV, NPV.
PUBLISHED = [(0.5, 0.963, 0.946), (0.1, 0.743, 0.994), (0.05, 0.577, 0.997), (0.01, 0.208, 0.999)]
COUNTS = st.lists(st.tuples(*[st.integers(0, 4)] * 4).filter(any), min_size=1, max_size=25).map(
    lambda rows: np.array(rows, dtype=np.float64)
)
PREVALENCE = st.sampled_from([0.001, 0.01, 0.1, 0.5, 0.9])


def one_per_patient(tp: int, fp: int, fn: int, tn: int) -> np.ndarray:
    """Counts by patient with one unit each."""
    return np.repeat(np.eye(4), [tp, fp, fn, tn], axis=0)


def draws(counts: np.ndarray, replicates: int = 200) -> np.ndarray:
    chosen = np.random.default_rng(7).integers(0, len(counts), (replicates, len(counts)))
    return counts[chosen].sum(axis=1)


def projected(counts: np.ndarray, prevalence: float, preferred: str = "bca") -> dict[str, Projection]:
    made = projections(
        counts, draws(counts), (prevalence,), preferred=preferred, confidence_level=0.95, deciding_level=0.95
    )
    return {one.metric: one for one in made}


@pytest.mark.parametrize(("prevalence", "positive", "negative"), PUBLISHED)
def test_predictive_values_against_published(prevalence: float, positive: float, negative: float) -> None:
    made = projected(one_per_patient(190, 15, 11, 397), prevalence)
    assert made["ppv"].value == pytest.approx(positive, abs=5e-4)
    assert made["npv"].value == pytest.approx(negative, abs=5e-4)


def test_f1_by_hand() -> None:
    # Of 1,000 at 10 %: 80 of 100 true positives, 90 of 900 false positives: 160 / (160 + 90 + 20).
    assert f1_at(confusion(np.array([8, 5, 2, 45.0])), 0.1) == pytest.approx(160 / 270)


@given(COUNTS)
def test_at_the_prevalence_of_the_sample_they_are_the_metrics_against_itself(counts: np.ndarray) -> None:
    c = confusion(counts.sum(axis=0))
    prevalence = float((c.tp + c.fn) / counts.sum())
    if 0 < prevalence < 1:
        for here, there in ((ppv_at, ppv), (npv_at, npv), (f1_at, f1)):
            assert here(c, prevalence) == pytest.approx(there(c), nan_ok=True)


@given(COUNTS, PREVALENCE)
@settings(max_examples=60)
def test_every_interval_contains_its_estimate_against_theory(counts: np.ndarray, prevalence: float) -> None:
    for made in projected(counts, prevalence).values():
        for name, interval in made.intervals.items():
            assert (interval is None) == (name in made.interval_notes)
            if interval is not None:
                assert made.value is not None
                assert 0 <= interval[0] <= made.value <= interval[1] <= 1
                assert interval[0] < interval[1]
        # Whenever there is a value, there is a closed-form interval.
        assert (made.intervals["mover"] is None) == (made.value is None)


def test_mover_of_ppv_by_hand() -> None:
    sensitivity, specificity = clopper_pearson(45, 50, 0.95), clopper_pearson(160, 200, 0.95)
    ratio = mover_ratio(0.2, (1 - specificity[1], 1 - specificity[0]), 0.9, sensitivity, correlation=0)
    assert ratio is not None
    expected = 1 / (1 + 9 * ratio[1]), 1 / (1 + 9 * ratio[0])
    made = projected(one_per_patient(45, 40, 5, 160), 0.1)["ppv"]
    assert made.intervals["mover"] == pytest.approx(expected, abs=1e-9)


def test_percentile_is_of_the_projected_replicates_by_hand() -> None:
    counts = one_per_patient(45, 40, 5, 160)
    values = sorted(float(npv_at(confusion(row), 0.1)) for row in draws(counts))
    made = projected(counts, 0.1)["npv"]
    expected = quantile(np.array(values), 0.025), quantile(np.array(values), 0.975)
    assert made.intervals["percentile"] == pytest.approx(expected, abs=1e-9)


BOUNDARY = [
    # TP, FP, FN, TN, metric, value
    (20, 0, 5, 60, "ppv", 1.0),  # specificity 1
    (20, 9, 0, 60, "npv", 1.0),  # sensitivity 1
    (0, 9, 20, 60, "ppv", 0.0),  # sensitivity 0
    (0, 9, 20, 60, "f1", 0.0),
    (20, 60, 5, 0, "npv", 0.0),  # specificity 0
]


@pytest.mark.parametrize(("tp", "fp", "fn", "tn", "metric", "value"), BOUNDARY)
def test_at_the_boundary_mover_decides_by_hand(
    tp: int, fp: int, fn: int, tn: int, metric: str, value: float
) -> None:
    made = projected(one_per_patient(tp, fp, fn, tn), 0.1)[metric]
    assert (made.value, made.decision_interval) == (value, "mover")
    assert made.intervals["percentile"] is None


UNDEFINED = [
    # TP, FP, FN, TN, metric, why
    (0, 3, 0, 5, "ppv", "not estimable: 0 positives"),
    (4, 0, 2, 0, "f1", "not estimable: 0 negatives"),
    (0, 0, 4, 5, "ppv", "not estimable: nothing would be called positive"),
    (4, 5, 0, 0, "npv", "not estimable: nothing would be called negative"),
]


@pytest.mark.parametrize(("tp", "fp", "fn", "tn", "metric", "why"), UNDEFINED)
def test_undefined_states_why_by_hand(tp: int, fp: int, fn: int, tn: int, metric: str, why: str) -> None:
    made = projected(one_per_patient(tp, fp, fn, tn), 0.1)[metric]
    assert (made.value, made.decision_interval) == (None, None)
    assert set(made.interval_notes.values()) == {why}


@pytest.mark.parametrize(
    ("preferred", "decides"),
    [
        ("bca", "bca"),
        ("percentile", "percentile"),
        ("delong_clustered", "mover"),  # which is of AUROC alone
    ],
)
def test_what_decides_by_hand(preferred: str, decides: str) -> None:
    counts = np.array([[2, 1, 0, 1], [1, 0, 1, 3], [0, 1, 0, 2], [2, 0, 1, 1], [1, 1, 1, 4]] * 6, float)
    assert projected(counts, 0.1, preferred)["ppv"].decision_interval == decides


def test_one_patient_alone_has_the_widest_interval_by_hand() -> None:
    made = projected(np.array([[3.0, 1, 1, 4]]), 0.1)
    assert made["ppv"].intervals["mover"] == made["npv"].intervals["mover"] == (0, 1)
    assert made["ppv"].decision_interval == "mover"


def test_undefined_replicates_are_counted_by_hand() -> None:
    counts = one_per_patient(1, 1, 1, 1)
    expected = int(np.isnan(ppv_at(confusion(draws(counts)), 0.1)).sum())
    assert projected(counts, 0.1)["ppv"].undefined_replicates == expected > 0


def test_mover_covers_the_truth_against_theory() -> None:
    generator = np.random.default_rng(510)
    true = {"ppv": 0.4, "npv": 0.855 / 0.865, "f1": 0.18 / (0.09 + 0.1 + 0.135)}
    held = dict.fromkeys(true, 0)
    for _ in range(200):
        tp, tn = generator.binomial(60, 0.9), generator.binomial(200, 0.85)
        counts = one_per_patient(tp, 200 - tn, 60 - tp, tn)
        made = projections(
            counts,
            np.empty((0, 4)),
            (0.1,),
            preferred="percentile",
            confidence_level=0.95,
            deciding_level=0.95,
        )
        for one in made:
            interval = one.intervals["mover"]
            assert interval is not None
            held[one.metric] += interval[0] <= true[one.metric] <= interval[1]
    assert min(held.values()) >= stats.binom.ppf(1e-4, 200, 0.945)


# TP, FP, FN, TN of studies on which products of float64 once decided what was equal.
NASTY = [(34, 7, 0, 2), (54, 5, 0, 1), (21, 6, 0, 2), (105, 3, 4, 0), (3, 1, 2, 9)]
DECIMALS = st.sampled_from([0.1, 0.01, 0.05, 0.3, 0.001, 0.7, 1e-05, 0.123456789, 0.9999])
VALUES = (ppv_at, npv_at, f1_at)


def exactly(name: str, cells: tuple[int, ...], prevalence: float) -> Fraction | None:
    """Bayes' theorem on fractions, from sensitivity and specificity."""
    tp, fp, fn, tn = cells
    if tp + fn == 0 or fp + tn == 0:
        return None
    pi, se, sp = Fraction(repr(prevalence)), Fraction(tp, tp + fn), Fraction(tn, fp + tn)
    numerator, denominator = {
        "ppv_at": (se * pi, se * pi + (1 - sp) * (1 - pi)),
        "npv_at": (sp * (1 - pi), sp * (1 - pi) + (1 - se) * pi),
        "f1_at": (2 * se * pi, se * pi + pi + (1 - sp) * (1 - pi)),
    }[name]
    return numerator / denominator if denominator else None


CELLS = st.tuples(*[st.one_of(st.integers(0, 60), st.integers(0, 200_000))] * 4)


@given(st.lists(CELLS, min_size=1, max_size=8), DECIMALS)
def test_values_are_correctly_rounded_against_fractions(
    studies: list[tuple[int, ...]], prevalence: float
) -> None:
    for value in VALUES:
        found = value(confusion(np.array(studies, dtype=np.float64)), prevalence)
        for cells, one in zip(studies, found.tolist(), strict=True):
            expected = exactly(value.__name__, cells, prevalence)
            assert math.isnan(one) if expected is None else one == float(expected)


@given(CELLS, st.integers(1, 7), st.integers(1, 7), DECIMALS)
def test_what_is_equal_is_equal_in_bits_against_theory(
    cells: tuple[int, ...], positives: int, negatives: int, prevalence: float
) -> None:
    # The same sensitivity and specificity, in a study with so many times the patients of each class.
    tp, fp, fn, tn = cells
    more = (tp * positives, fp * negatives, fn * positives, tn * negatives)
    both = confusion(np.array([cells, more], dtype=np.float64))
    for value in VALUES:
        first, second = value(both, prevalence).tolist()
        assert first == second or (math.isnan(first) and math.isnan(second))


@pytest.mark.parametrize("cells", NASTY)
@pytest.mark.parametrize("prevalence", [0.01, 0.1])
def test_bca_counts_ties_exactly_against_fractions(cells: tuple[int, ...], prevalence: float) -> None:
    counts = one_per_patient(*cells)
    drawn = draws(counts, 1000)
    made = projections(
        counts, drawn, (prevalence,), preferred="bca", confidence_level=0.95, deciding_level=0.95
    )
    for one in made:
        name = f"{one.metric}_at"
        values = [exactly(name, tuple(int(x) for x in row), prevalence) for row in drawn.tolist()]
        estimate = exactly(name, cells, prevalence)
        left = [exactly(name, tuple(int(x) for x in counts.sum(0) - row), prevalence) for row in counts]
        expected = bca_of_fractions(estimate, values, left)
        assert one.intervals["bca"] == (None if expected is None else pytest.approx(expected, abs=1e-9))


def bca_of_fractions(
    estimate: Fraction | None, values: list[Fraction | None], left_out: list[Fraction | None]
) -> tuple[float, float] | None:
    """BCa with ranks, ties and the jackknife of exact fractions; None where there is none."""
    defined = sorted(value for value in values if value is not None)
    left = [value for value in left_out if value is not None]
    if estimate is None or not defined or len(left) < len(left_out):
        return None
    less = sum(value < estimate for value in defined) + Fraction(
        sum(value == estimate for value in defined), 2
    )
    share = float(less / len(defined))
    if share in (0.0, 1.0) or len(set(left)) == 1:
        return None
    mean = sum(left, Fraction(0)) / len(left)
    squares, cubes = (float(sum((mean - one) ** power for one in left)) for power in (2, 3))
    bias, skew, z = stats.norm.ppf(share), cubes / (6 * squares**1.5), stats.norm.ppf(0.975)
    if min(1 - skew * (bias + end) for end in (-z, z)) <= 0:
        return None
    ends = [stats.norm.cdf(bias + (bias + end) / (1 - skew * (bias + end))) for end in (-z, z)]
    as_floats = np.array([float(value) for value in defined])
    low, high = (quantile(as_floats, float(end)) for end in ends)
    return None if round(low, 9) == round(high, 9) or not low <= float(estimate) <= high else (low, high)
