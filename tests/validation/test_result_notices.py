"""When a number must be read with a sentence, by hand."""

import dataclasses

import pytest

from protocols.tables.input_account import Notice
from tests.validation.conftest import TABLES, Image, Judge
from validation.result_notices import cautions_of
from validation.results.results import CriterionResult, Estimate, Results, Subgroup

WHOLE = Subgroup("overall", "all")
CRITERION = CriterionResult(
    id="AUC",
    role="acceptance",
    metric="auroc",
    subgroup=WHOLE,
    bound="lower",
    observed=0.85,
    monte_carlo_error=0.001,
    goal=0.80,
    verdict="met",
    why="the lower bound is above the goal",
)
AUROC = Estimate(
    metric="auroc",
    subgroup=WHOLE,
    value=0.9,
    numerator=None,
    denominator=None,
    images=100,
    patients=100,
    positives=50,
    negatives=50,
    positive_patients=50,
    negative_patients=50,
    intervals={"bca": (0.85, 0.94), "delong_clustered": (0.845, 0.945)},
    interval_notes={},
    decision_interval="bca",
    monte_carlo_error=(0.001, 0.001),
    design_effect=None,
    effective_size=None,
    effective_patients=None,
    undefined_replicates=0,
    status="ok",
)


@pytest.mark.parametrize(
    ("observed", "error", "warned"),
    [
        (0.85, 0.001, False),
        (0.809, 0.001, True),
        (0.809, 0.0, False),
        (0.8, 0.001, True),
        (None, None, False),
    ],
)
def test_a_bound_near_the_goal_needs_more_replicates(
    observed: float | None, error: float | None, warned: bool
) -> None:
    criterion = dataclasses.replace(CRITERION, observed=observed, monte_carlo_error=error)
    assert [caution.about for caution in cautions_of([criterion], [], None, 1)] == (["AUC"] if warned else [])


@pytest.mark.parametrize(("bound", "warned"), [(0.845, False), (0.838, True)])
def test_two_methods_that_disagree_are_named(bound: float, warned: bool) -> None:
    intervals = AUROC.intervals | {"delong_clustered": (bound, 0.945)}
    estimate = dataclasses.replace(AUROC, intervals=intervals)
    assert [caution.about for caution in cautions_of([], [estimate], None, 1)] == (
        ["auroc"] if warned else []
    )


CRITERIA = (
    TABLES
    + """
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = "overall"
bound = "lower"
goal = 0.3
justification = "j"
[[criteria]]
id = "AUC"
metric = "auroc"
subgroup = "overall"
bound = "lower"
goal = 0.5
justification = "j"
"""
)


def device(scores: tuple[float | None, ...], patients: int = 80) -> list[Image]:
    """Patients of one image, positive and negative by turns, whose scores are taken in turn."""
    return [Image(f"p{n:02}", "PN"[n % 2], scores[n % len(scores)]) for n in range(patients)]


def notices(results: Results) -> dict[str, Notice]:
    return {one.kind: one for one in results.input_account.notices}


GOOD = (0.9, 0.1, 0.8, 0.2, 0.3, 0.6)


def test_a_sound_study_has_no_notice_of_its_results(judge: Judge) -> None:
    assert notices(judge(device(GOOD, 800), CRITERIA)) == {}


def test_scores_of_the_other_class_by_hand(judge: Judge) -> None:
    notice = notices(judge(device((0.1, 0.9, 0.2, 0.8, 0.6, 0.3)), CRITERIA))["auroc_below_chance"]
    assert notice.criteria == ("SE", "AUC")
    assert "of the other class" in notice.text
    assert (notice.table, notice.count) == (None, None)


def test_scores_that_tell_nothing_by_hand(judge: Judge) -> None:
    notice = notices(judge(device((0.9, 0.9, 0.1, 0.1, 0.6, 0.6, 0.4, 0.4)), CRITERIA))[
        "auroc_contains_chance"
    ]
    assert (notice.criteria, "does not exclude 0.5" in notice.text) == (("AUC",), True)


@pytest.mark.parametrize(
    ("score", "told"), [(0.5000000001, 1), (0.4999999999, 1), (0.5, None), (0.50001, None)]
)
def test_scores_within_rounding_of_the_threshold_by_hand(
    judge: Judge, score: float, told: int | None
) -> None:
    images = [*device(GOOD), Image("p99", "P", score)]
    notice = notices(judge(images, CRITERIA)).get("scores_at_threshold")
    assert (notice and (notice.count, notice.examples)) == (told and (1, ("i0080",)))


@pytest.mark.parametrize(("silent", "told"), [(1, False), (2, True)])
@pytest.mark.parametrize("rule", ["", '[missing]\nnot_processed = "exclude"\n'])
def test_more_than_two_in_a_hundred_without_a_score_by_hand(
    judge: Judge, silent: int, told: bool, rule: str
) -> None:
    images = device(GOOD, 50 - silent) + [Image(f"s{n}", "P", None) for n in range(silent)]
    notice = notices(judge(images, CRITERIA + rule)).get("many_not_processed")
    assert (notice is not None and "2 of 50 images with a reference (4.0 %)" in notice.text) == told


def test_few_patients_of_a_class_by_hand(judge: Judge) -> None:
    # 29 positive patients, 40 negative ones: sensitivity and AUROC rest on too few, specificity does not.
    images = [one for n, one in enumerate(device(GOOD)) if n % 2 or n < 58]
    notice = notices(judge(images, CRITERIA))["few_patients"]
    assert notice.criteria == ("SE", "AUC")
    assert notice.text.endswith("(sensitivity, all: 29; auroc, all: 29).")


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        ("", None),
        ('other = "bca"\n', ("AUC: bca", ("AUC",))),
        ('other = "delong_student"\n', ("AUC: delong_student", ("AUC",))),
        (
            'proportion = "percentile"\nother = "percentile"\n',
            ("SE: percentile; AUC: percentile", ("SE", "AUC")),
        ),
    ],
)
def test_an_interval_that_misses_its_targets_by_hand(
    judge: Judge, decision: str, told: tuple[str, tuple[str, ...]] | None
) -> None:
    study = judge(device(GOOD), CRITERIA + (f"[decision]\n{decision}" if decision else ""))
    notice = notices(study).get("interval_short_of_coverage")
    assert (notice and (f"({told and told[0]})" in notice.text, notice.criteria)) == (
        told and (True, told[1])
    )


def test_a_caution_is_a_notice_too(judge: Judge) -> None:
    # The bound comes of draws and lies on the goal itself.
    percentile = '[decision]\nproportion = "percentile"\n'
    bound = judge(device(GOOD), CRITERIA + percentile).criteria[0].observed
    results = judge(device(GOOD), CRITERIA.replace("goal = 0.3", f"goal = {bound}") + percentile)
    told = [one for one in results.input_account.notices if one.kind == "caution"]
    assert [one.text.split(":")[0] for one in told] == [one.about for one in results.cautions]
    assert [one.criteria for one in told if one.text.startswith("SE: ")] == [("SE",)]
