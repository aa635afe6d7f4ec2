"""The suite against R: survey, geepack, pROC, base R, and Obuchowski's variance written afresh.

The same comparisons run twice: with R's recorded numbers, and (slow) with R itself where it is installed. Record anew
with ``python -m tests.validation.against_r.oracle``.
"""

from collections.abc import Mapping

import numpy as np
import pytest

from tests.validation.against_r.comparisons import (
    Comparison,
    capped,
    of_auroc,
    of_calibration,
    of_proportions,
)
from tests.validation.against_r.made_studies import (
    BINOMIAL,
    P_VALUES,
    PROBABILITIES,
    STUDENT,
    VALUES,
    F,
    clustered_studies,
    made_studies,
)
from tests.validation.against_r.oracle import BASE_R, Numbers, ask, missing, recorded
from tests.validation.against_r.suite import ours
from validation.homogeneity.wald_test import holm
from validation.intervals.bootstrap import quantile
from validation.intervals.distributions import f_tail, student_quantile
from validation.intervals.proportions import clopper_pearson, wilson


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Numbers:
    """What R computes now."""
    absent = missing()
    if absent:
        pytest.skip(absent)
    return ask(made_studies(), arguments=True, folder=tmp_path_factory.mktemp("r"))[1]


@pytest.fixture(params=["recorded", pytest.param("live", marks=pytest.mark.slow)])
def numbers(request: pytest.FixtureRequest) -> Numbers:
    """R's numbers of every made study and of base R."""
    return recorded() if request.param == "recorded" else request.getfixturevalue("live")


def differing(
    of_r: list[Comparison], suite: Mapping[str, float | None]
) -> list[tuple[Comparison, float | None]]:
    """Return the comparisons in which ours is not what R says, with ours."""
    pairs = [(one, suite[one.quantity]) for one in of_r]
    return [(one, mine) for one, mine in pairs if mine is None or not one.agrees(mine)]


@pytest.mark.parametrize("name", made_studies())
def test_proportions_against_r(numbers: Numbers, name: str) -> None:
    assert differing(list(of_proportions(numbers[name])), ours(made_studies()[name])) == []


@pytest.mark.parametrize("name", made_studies())
def test_auroc_against_r(numbers: Numbers, name: str) -> None:
    assert differing(list(of_auroc(numbers[name])), ours(made_studies()[name])) == []


@pytest.mark.parametrize("name", made_studies())
def test_calibration_against_r(numbers: Numbers, name: str) -> None:
    assert differing(list(of_calibration(numbers[name])), ours(made_studies()[name])) == []


def test_the_studies_reach_the_differences_of_definition_by_hand() -> None:
    """Else what limits n_eff to n, keeps AUROC's interval within [0, 1], or has no variance would not be compared."""
    numbers = recorded()
    assert {name: capped(numbers[name]) for name in clustered_studies()} == {
        "clustered 60": [],
        "clustered 150": ["ppv", "npv", "accuracy", "prevalence"],
        "clustered 400": [],
    }
    near_one = numbers["single near 1"]
    assert near_one["sensitivity value"] == 1 < near_one["obuchowski_high"]


def of_base_r(numbers: Numbers, quantity: str) -> list[float]:
    found = numbers[BASE_R]
    return [
        found[f"{quantity} {place + 1}"] for place in range(sum(name.startswith(quantity) for name in found))
    ]


def test_binomial_intervals_against_r(numbers: Numbers) -> None:
    exact = np.array([clopper_pearson(x, n, 0.95) for x, n in BINOMIAL])
    score = np.array([wilson(x / n, n, 0.95) for x, n in BINOMIAL])
    by_r = [
        of_base_r(numbers, f"{test} {side}")
        for test in ("binom_test", "prop_test")
        for side in ("low", "high")
    ]
    assert np.array([*exact.T, *score.T]) == pytest.approx(np.array(by_r), rel=1e-9, abs=1e-12)


def test_holm_against_r(numbers: Numbers) -> None:
    assert holm(P_VALUES) == pytest.approx(of_base_r(numbers, "p_adjust holm"), abs=5e-10)


def test_quantile_against_r(numbers: Numbers) -> None:
    ordered = np.sort(VALUES)
    found = [quantile(ordered, probability) for probability in PROBABILITIES]
    assert found == pytest.approx(of_base_r(numbers, "quantile type 7"), rel=1e-11)


def test_student_quantile_against_r(numbers: Numbers) -> None:
    found = [student_quantile(level, degrees) for level, degrees in STUDENT]
    assert found == pytest.approx(of_base_r(numbers, "qt"), rel=1e-9)


def test_tail_of_f_against_r(numbers: Numbers) -> None:
    found = [f_tail(statistic, first, second) for statistic, first, second in F]
    assert found == pytest.approx(of_base_r(numbers, "pf"), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("table", [*made_studies(), BASE_R])
def test_what_is_recorded_is_what_r_says_now(live: Numbers, table: str) -> None:
    assert recorded()[table] == pytest.approx(live[table], rel=1e-7, abs=1e-12)
