"""When a number must be read with a sentence, by hand."""

import dataclasses

import pytest

from validation.notices import cautions_of
from validation.results import CriterionResult, Estimate, Subgroup

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
    assert [caution.about for caution in cautions_of([criterion], [], None)] == (["AUC"] if warned else [])


@pytest.mark.parametrize(("bound", "warned"), [(0.845, False), (0.838, True)])
def test_two_methods_that_disagree_are_named(bound: float, warned: bool) -> None:
    intervals = AUROC.intervals | {"delong_clustered": (bound, 0.945)}
    estimate = dataclasses.replace(AUROC, intervals=intervals)
    assert [caution.about for caution in cautions_of([], [estimate], None)] == (["auroc"] if warned else [])
