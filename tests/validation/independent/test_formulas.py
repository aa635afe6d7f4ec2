"""Formulas of the second implementation: published numbers, SciPy, theory; and that the first is not among them."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from validation.independent import formulas as independent
from validation.independent.formulas import Counts
from validation.intervals.mover import mover_mean, mover_ratio, proportion_correlation

FILES = sorted(Path(independent.__file__).parent.glob("*.py"))
OWN = "validation.independent"
SHARED_MODULES = {
    "validation.cohort.inputs",
    "validation.results.results",
}  # where files lie, what was recorded
CONFIDENCE = 0.95


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_of_the_first_implementation_and_no_array_library_is_imported(path: Path) -> None:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "validation":
            names |= {f"validation.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    assert not {name.split(".")[0] for name in names} & {"numpy", "scipy", "pandas", "sklearn", "statsmodels"}
    first = {name for name in names if name.startswith("validation.") and not name.startswith(OWN)}
    assert first <= SHARED_MODULES


# The worked example of FDA's guidance of 2007, and counts of cleared devices; x, n, Wilson, Clopper-Pearson.
PUBLISHED = [
    (44, 51, (0.7428, 0.9319), (0.7374, 0.9430)),
    (168, 169, (0.9672, 0.9990), (0.9675, 0.9999)),
    (40, 44, (0.7884, 0.9641), (0.7833, 0.9747)),
    (171, 176, (0.9352, 0.9878), (0.9350, 0.9907)),
    (211, 220, (0.9241, 0.9783), (0.9238, 0.9811)),
    (136, 146, (0.8785, 0.9624), (0.8776, 0.9667)),
    (411, 442, (0.9022, 0.9502), (0.9019, 0.9519)),
    (317, 376, (0.8029, 0.8764), (0.8023, 0.8784)),
    (400, 428, (0.9071, 0.9544), (0.9068, 0.9561)),
    (190, 201, (0.9047, 0.9692), (0.9042, 0.9724)),
    (397, 412, (0.9408, 0.9778), (0.9407, 0.9795)),
    (10, 10, (0.7225, 1.0), (0.6915, 1.0)),
    (100, 100, (0.9630, 1.0), (0.9638, 1.0)),
]


@pytest.mark.parametrize(("x", "n", "wilson", "exact"), PUBLISHED)
def test_binomial_intervals_against_published(
    x: int, n: int, wilson: tuple[float, float], exact: tuple[float, float]
) -> None:
    assert independent.wilson(x / n, n, CONFIDENCE) == pytest.approx(wilson, abs=5e-5)
    assert independent.clopper_pearson(x, n, CONFIDENCE) == pytest.approx(exact, abs=5e-5)


@given(confidence=st.floats(0.5, 0.999, exclude_min=True))
def test_normal_quantile_against_scipy(confidence: float) -> None:
    assert independent.two_sided_normal(confidence) == pytest.approx(
        stats.norm.isf((1 - confidence) / 2), abs=1e-13
    )


@pytest.mark.parametrize("freedom", [1, 2, 7, 39, 2330, 30_804])
@pytest.mark.parametrize("confidence", [0.6, 0.95, 0.999])
def test_student_quantile_against_scipy(freedom: int, confidence: float) -> None:
    expected = stats.t.isf((1 - confidence) / 2, freedom)
    assert independent.two_sided_student(confidence, freedom) == pytest.approx(expected, rel=1e-10)


@given(
    share=st.sampled_from([0.005, 0.025, 0.05, 0.95, 0.975, 0.995]),
    a=st.floats(0.1, 5_000),
    b=st.floats(0.1, 5_000),
)
def test_beta_quantile_against_scipy(share: float, a: float, b: float) -> None:
    assert independent.beta_quantile(share, a, b) == pytest.approx(stats.beta.ppf(share, a, b), abs=1e-12)


def test_metrics_by_hand() -> None:
    counts = Counts(tp=6, fp=1, fn=2, tn=3)
    expected = {
        "sensitivity": 6 / 8,
        "specificity": 3 / 4,
        "f1": 12 / 15,
        "ppv": 6 / 7,
        "npv": 3 / 5,
        "accuracy": 9 / 12,
        "prevalence": 8 / 12,
        "balanced_accuracy": 3 / 4,
        "lr_positive": 3.0,
        "lr_negative": 1 / 3,
    }
    assert {name: getattr(independent, name)(counts) for name in expected} == pytest.approx(expected)


def test_zero_over_zero_is_none_by_hand() -> None:
    nothing = Counts(0, 0, 0, 0)
    assert (
        independent.sensitivity(nothing) is independent.f1(nothing) is independent.accuracy(nothing) is None
    )
    assert independent.lr_positive(Counts(tp=3, fp=0, fn=1, tn=5)) is None  # no false positives
    assert independent.lr_negative(Counts(tp=4, fp=0, fn=0, tn=5)) == 0


@given(x=st.lists(st.integers(0, 1), min_size=2, max_size=60))
def test_one_unit_per_patient_is_the_ordinary_interval_against_theory(x: list[int]) -> None:
    n = [1] * len(x)
    assert independent.exact_clustered(x, n, CONFIDENCE) == independent.clopper_pearson(
        sum(x), len(x), CONFIDENCE
    )


def test_effective_size_by_hand() -> None:
    # p = 1/2, residuals 3/2, -1/2, -1: squares 9/4, 1/4, 1 of n = 6, K = 3.
    x, n = [3, 0, 0], [3, 1, 2]
    squares, patients = [9 / 4, 1 / 4, 1.0], 3
    effect = patients / 2 * sum(squares) / 6**2 / (1 / 4 / 6)
    assert float(independent.design_effect(x, n) or 0) == pytest.approx(effect)
    # Kish's size 36 / 14 is below 6 / effect; two more patients add 2 (1/2)^2 (27 + 1 + 8) / 6^3 to the variance.
    worst, unseen = 36 / 14, 0.5 * 36 / 216
    ratio = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, worst - 1)) ** 2
    size = max(min(6 / effect, worst), min(6 / effect, 0.25 / (effect / 24 + unseen)))
    assert independent.effective_size(x, n, CONFIDENCE) == pytest.approx(size * ratio)


@pytest.mark.parametrize(
    ("x", "n", "size", "effect"),
    [
        ([3], [4], None, None),  # one patient alone
        ([2, 3], [2, 3], 25 / 13, None),  # no errors
        ([0, 0], [2, 3], 25 / 13, None),  # no successes
        ([1, 1, 1], [1, 1, 1], 3, None),  # no errors, one unit each
        ([2, 0, 2], [2, 2, 2], 3, 2),  # every unit duplicated: three patients
    ],
)
def test_effective_size_at_the_boundary_by_hand(
    x: list[int], n: list[int], size: float | None, effect: float | None
) -> None:
    assert independent.effective_size(x, n, CONFIDENCE) == (size if size is None else pytest.approx(size))
    assert independent.design_effect(x, n) == effect


def test_the_interval_of_one_patient_alone_is_everything_by_hand() -> None:
    assert independent.exact_clustered([3], [4], CONFIDENCE) == (0.0, 1.0)
    assert independent.wilson_effective([3], [4], CONFIDENCE) is None


def test_movers_by_hand() -> None:
    assert independent.mover_mean(0.8, 0.6, (0.7, 0.9), (0.5, 0.7), 0) == pytest.approx(
        (0.7 - math.hypot(0.1, 0.1) / 2, 0.7 + math.hypot(0.1, 0.1) / 2)
    )
    # Donner and Zou 2012: (AB - root((AB)^2 - l1 u2 (2A - l1)(2B - u2))) / (u2 (2B - u2)), and its mirror image.
    top, bottom, of_top, of_bottom = 0.8, 0.2, (0.7, 0.9), (0.1, 0.35)
    low, high = independent.mover_ratio(top, bottom, of_top, of_bottom, 0) or (0, 0)
    product, under = top * bottom, of_bottom[1] * (2 * bottom - of_bottom[1])
    assert low == pytest.approx(
        (product - math.sqrt(product**2 - of_top[0] * (2 * top - of_top[0]) * under)) / under
    )
    under = of_bottom[0] * (2 * bottom - of_bottom[0])
    assert high == pytest.approx(
        (product + math.sqrt(product**2 - of_top[1] * (2 * top - of_top[1]) * under)) / under
    )


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=2, max_size=8), st.sampled_from([0.8, 0.95]))
def test_movers_against_the_first_implementation(
    patients: list[tuple[int, int, int, int]], level: float
) -> None:
    """Patients as (right, wrong) of one class and of the other."""
    x, n = [p[0] for p in patients], [p[0] + p[1] for p in patients]
    y, m = [p[2] for p in patients], [p[2] + p[3] for p in patients]
    assume(sum(n) and sum(m))
    arrays = [np.array(column, dtype=float) for column in (x, n, y, m)]
    r = independent.correlation(x, n, y, m)
    assert r == pytest.approx(proportion_correlation(*arrays), abs=1e-12)
    p, q = sum(x) / sum(n), sum(y) / sum(m)
    of_p, of_q = (
        independent.clopper_pearson(k, size, level) for k, size in ((sum(x), sum(n)), (sum(y), sum(m)))
    )
    assert independent.mover_mean(p, q, of_p, of_q, r) == pytest.approx(
        mover_mean(p, of_p, q, of_q, correlation=r), abs=1e-9
    )
    ratio = mover_ratio(p, of_p, q, of_q, correlation=r)
    mine = independent.mover_ratio(p, q, of_p, of_q, r)
    assert mine == (ratio and pytest.approx(ratio, rel=1e-6))


def test_a_ratio_whose_denominator_may_be_zero_has_no_interval_by_hand() -> None:
    assert independent.mover_ratio(0.8, 0.1, (0.7, 0.9), (1e-10, 0.3), 0) is None
    assert independent.mover_ratio(0.0, 0.5, (0.0, 0.1), (0.4, 0.6), 0) == (
        0.0,
        pytest.approx(0.1 / 0.4, rel=0.2),
    )
