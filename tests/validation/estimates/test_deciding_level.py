"""The level of the interval that decides where several looks are planned."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from scipy.stats import beta, binom

from protocols.schema.load import parse_protocol
from protocols.schema.statistical_analysis import Looks
from tests.conftest import PROTOCOL_HEAD
from tests.validation.conftest import Image, Judge, cohorts
from validation.estimates.estimates import deciding_among
from validation.intervals.bootstrap import NoInterval
from validation.intervals.proportions import clopper_pearson, clustered_proportion, exact_clustered
from validation.results.results import Estimate, Results

TWO = "[bootstrap]\nreplicates = 2000\n[looks]\nplanned = 2\n"
ONE = "[bootstrap]\nreplicates = 2000\n"
CRITERION = """
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = "overall"
bound = "lower"
goal = %s
justification = "for the test"
"""
BY_DRAWS = '[decision]\nproportion = "percentile"\nother = "bca"\n'


def one_image_each(
    right: int, wrong: int, negatives: int = 40, sites: tuple[str, str] = ("A", "B")
) -> list[Image]:
    """Patients with one image, ``right`` of the positives called; of the negatives every fourth."""
    scores = [0.9] * right + [0.1] * wrong
    positives = [Image(f"p{k:03}", "PPP", score) for k, score in enumerate(scores)]
    others = [
        Image(f"q{k:03}", "NNN", 0.8 - k / 1000 if k % 4 == 0 else 0.2 + k / 1000) for k in range(negatives)
    ]
    return [
        Image(one.patient, one.reads, one.score, one.sex, {"site": sites[place % 2]})
        for place, one in enumerate([*positives, *others])
    ]


def exact(x: int, n: int, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval by the quantiles of the beta distribution."""
    tail = (1 - level) / 2
    return float(beta.ppf(tail, x, n - x + 1)), float(beta.ppf(1 - tail, x + 1, n - x))


def test_of_two_looks_it_is_clopper_pearson_at_97_5_percent_by_hand(judge: Judge) -> None:
    results = judge(one_image_each(36, 4), TWO)
    row = results.estimate("sensitivity")
    assert row.decision_interval == "exact_clustered"
    assert row.decision == pytest.approx(exact(36, 40, 0.975), abs=1e-9)
    assert row.intervals["clopper_pearson"] == pytest.approx(exact(36, 40, 0.95), abs=1e-9)
    looks = results.looks
    assert (looks.planned, looks.alpha_per_look, looks.deciding_confidence_level) == (2, 0.025, 0.975)


def test_a_goal_between_both_lower_bounds_is_met_by_one_look_and_not_by_two_by_hand(judge: Judge) -> None:
    lower, strict = exact(36, 40, 0.95)[0], exact(36, 40, 0.975)[0]
    assert strict < 0.755 < lower
    found = [judge(one_image_each(36, 4), plan + CRITERION % "0.755") for plan in (ONE, TWO)]
    assert [results.verdict for results in found] == ["pass", "fail"]
    assert found[1].criteria[0].observed == pytest.approx(strict, abs=1e-9)
    # Without a site 18 of 20 are left, at the same level, as the criterion is judged on them too.
    (row, *_) = [one for one in found[1].leave_one_out if one.kind == "site"]
    assert row.estimates[0].interval == pytest.approx(exact(18, 20, 0.975), abs=1e-9)


def test_the_effective_size_is_that_of_the_level_against_itself(judge: Judge) -> None:
    images = [Image(f"p{k // 3:02}", "PPP" if k % 2 else "NNN", 0.9 if k % 5 else 0.1) for k in range(150)]
    one, two = (judge(images, plan).estimate("sensitivity") for plan in (ONE, TWO))
    assert one.effective_size is not None
    assert two.effective_size is not None
    # (z / t)^2 falls as the level rises, since Student's quantile rises faster.
    assert two.effective_size < one.effective_size
    counts = np.zeros((50, 2))
    for k, image in enumerate(images):
        counts[k // 3] += [image.reads == "PPP" and image.score == 0.9, image.reads == "PPP"]
    sample = clustered_proportion(counts[:, 0], counts[:, 1], 0.975)
    assert two.effective_size == pytest.approx(sample.effective_trials, abs=1e-9)
    assert two.decision == pytest.approx(exact_clustered(sample, 0.975), abs=1e-9)


def test_everything_that_decides_nothing_stays_against_itself(judge: Judge) -> None:
    images = one_image_each(36, 4)
    plans = [plan + "[prevalences]\nat = [0.1]\n" for plan in (ONE, TWO)]
    one, two = (judge(images, plan) for plan in plans)
    for before, after in zip(one.estimates, two.estimates, strict=True):
        others = [name for name in before.intervals if name != after.decision_interval]
        assert {name: after.intervals[name] for name in others} == {
            name: before.intervals[name] for name in others
        }
    for name in ("calibration", "decision_curve", "threshold_sensitivity", "precision_recall", "homogeneity"):
        assert getattr(one, name) == getattr(two, name)
    assert [row.value for row in one.projections] == [row.value for row in two.projections]


def deciding(results: Results) -> Iterator[tuple[object, Estimate]]:
    """Every row that has a deciding interval, with its name."""
    for row in (*results.estimates, *results.sensitivity_analyses):
        yield (getattr(row, "analysis", ""), row.metric, row.subgroup), row
    for row in results.projections:
        yield (row.metric, row.prevalence), row  # type: ignore[misc]


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(images=cohorts())
@pytest.mark.parametrize("decision", ["", BY_DRAWS])
def test_a_stricter_level_never_narrows_against_itself(
    judge: Judge, images: list[Image], decision: str
) -> None:
    further = f'{decision}[prevalences]\nat = [0.1, 0.6]\n[[subgroups]]\naxis = "sex"\n'
    one, two = (dict(deciding(judge(images, plan + further))) for plan in (ONE, TWO))
    assert one.keys() == two.keys()
    for name, strict in two.items():
        if strict.decision_interval is None or strict.decision_interval != one[name].decision_interval:
            continue
        # Of two proportions that vary against each other, a wider interval of one alone may shorten MOVER's.
        if strict.decision_interval == "mover":
            continue
        usual = one[name].intervals[strict.decision_interval]
        found = strict.intervals[strict.decision_interval]
        assert usual is not None
        assert found is not None
        assert found[0] <= usual[0] + 2e-6
        assert found[1] >= usual[1] - 2e-6


def test_a_preferred_interval_that_its_level_does_not_allow_is_none_by_hand() -> None:
    none = NoInterval("acceleration too large for the correction")
    usual = {"bca": (0.2, 0.8), "mover": (0.1, 0.9), "percentile": (0.25, 0.8)}
    strict = {"bca": none, "mover": (0.05, 0.95), "percentile": (0.2, 0.85)}
    name, kept = deciding_among("bca", usual, strict)
    assert name == "mover"
    assert kept == {"bca": none, "mover": (0.05, 0.95), "percentile": (0.25, 0.8)}


def rejected(n: int, level: float, goal: float) -> np.ndarray:
    """Whether a look at n independent images shows more than the goal, by number of successes."""
    return np.array([clopper_pearson(float(x), float(n), level)[0] > goal for x in range(n + 1)])


@pytest.mark.parametrize("goal", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("first", [60, 200])
def test_two_looks_at_growing_data_keep_alpha_against_theory(goal: float, first: int) -> None:
    """The exact error at the goal, summed over all outcomes of a first look and of one at as many images more."""

    def error(level: float) -> float:
        at_first, at_both = rejected(first, level, goal), rejected(2 * first, level, goal)
        chance = binom.pmf(np.arange(first + 1), first, goal)
        later = np.array([at_both[x : x + first + 1] @ chance for x in range(first + 1)])
        return float(chance @ np.where(at_first, 1.0, later))

    assert error(Looks(planned=2).deciding_level(0.95)) <= 0.025
    if (goal, first) == (0.8, 200):
        assert error(0.95) > 0.025  # both looks at the level of one


def test_ten_looks_at_growing_clusters_keep_alpha_against_theory() -> None:
    """Seeded: ten looks at 20, 40, ... patients with four equal images each; at most 4 standard errors above 2.5 %."""
    studies, goal, level = 4000, 0.7, Looks(planned=10).deciding_level(0.95)
    wrong = 0
    patients = np.random.default_rng(510).random((studies, 200)) < goal
    for study in patients:
        for look in range(20, 201, 20):
            seen = 4.0 * study[:look]
            sample = clustered_proportion(seen, np.full(look, 4.0), level)
            if exact_clustered(sample, level)[0] > goal:
                wrong += 1
                break
    assert wrong / studies <= 0.025 + 4 * (0.025 * 0.975 / studies) ** 0.5


def test_a_protocol_without_looks_has_the_results_of_one_look_against_itself(judge: Judge) -> None:
    images = one_image_each(30, 6)
    one, stated = judge(images, ONE), judge(images, ONE + "[looks]\nplanned = 1\n")
    assert replace(stated, protocol=one.protocol) == one


def test_the_deciding_level_of_the_head_is_its_own_against_itself() -> None:
    protocol = parse_protocol(PROTOCOL_HEAD.encode(), source="p.toml").protocol
    assert protocol.at_deciding_level() == protocol
