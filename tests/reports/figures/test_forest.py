from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.content.context import ReportContext
from reports.figures.forest import Forest, ForestGroup, _scale, forest_of_one, forest_of_two
from reports.language.vocabulary import Words
from validation.results.results import CriterionResult, Estimate, Subgroup


def row(value: float | None, low: float = 0.0, high: float = 1.0) -> Estimate:
    """An estimate of sensitivity with one interval."""
    return Estimate(
        metric="sensitivity",
        subgroup=Subgroup("sex", "F"),
        value=value,
        numerator=1,
        denominator=2,
        images=2,
        patients=2,
        positives=2,
        negatives=0,
        positive_patients=40,
        negative_patients=40,
        intervals={"exact_clustered": (low, high)} if value is not None else {},
        interval_notes={},
        decision_interval="exact_clustered" if value is not None else None,
        monte_carlo_error=None,
        design_effect=None,
        effective_size=None,
        effective_patients=None,
        undefined_replicates=0,
        status="ok" if value is not None else "undefined",
    )


@pytest.mark.parametrize(
    ("metric", "rows", "goals", "ticks"),
    [
        ("sensitivity", [row(0.55, 0.497, 0.612)], [0.8], (0.4, 0.5, 0.6, 0.7, 0.8)),
        ("sensitivity", [row(0.99, 0.974, 1.0)], [], (0.97, 0.98, 0.99, 1.0)),
        ("sensitivity", [row(1.0, 1.0, 1.0)], [], (0.99, 1.0)),  # never beyond 1
        ("sensitivity", [row(0.0, 0.0, 0.0)], [], (0.0, 0.01)),  # never below 0
        ("lr_positive", [row(3.5, 3.1, 3.9)], [10.0], (2.0, 4.0, 6.0, 8.0, 10.0)),
        ("sensitivity", [row(None)], [], (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),  # nothing to show
    ],
)
def test_scale_by_hand(
    metric: str, rows: list[Estimate], goals: list[float], ticks: tuple[float, ...]
) -> None:
    scale = _scale(metric, rows, goals, 5)
    assert scale.ticks == ticks
    assert scale.limits == (ticks[0], ticks[-1])


def plot(context: ReportContext, criteria: dict[Subgroup, CriterionResult]) -> Forest:
    return Forest(
        (ForestGroup(None, (context.whole,)), ForestGroup("Sex", context.axes[1].rows)),
        lambda metric: criteria if metric == "sensitivity" else {},
        context.words,
        "95 %",
    )


def texts(drawing: object) -> list[str]:
    return [label.text for label in drawing.labels]  # type: ignore[attr-defined]


def test_columns_of_one_metric(context_of: Callable[[str], ReportContext]) -> None:
    found = texts(forest_of_one("f", "sensitivity", plot(context_of("passing"), {})))
    assert {"Patients", "x/n", "Sensitivity (95 % CI)", "Deff", "All images", "Sex", "Female"} <= set(found)


def test_two_metrics_have_one_column_of_names(context_of: Callable[[str], ReportContext]) -> None:
    found = texts(forest_of_two("f", ("sensitivity", "specificity"), plot(context_of("passing"), {})))
    assert found.count("Female") == 1
    assert {"Sensitivity (95 % CI)", "Specificity (95 % CI)"} <= set(found)


def test_the_goal_stands_above_its_metric_alone(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    goals = dict(context.goals("sensitivity"))
    found = texts(forest_of_two("f", ("sensitivity", "specificity"), plot(context, goals)))
    assert [text for text in found if text.startswith("goal")] == ["goal > 0.300"]


@pytest.mark.fault(26)
def test_what_is_not_estimable_is_said_in_the_figure(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    estimates = dict(context.whole.estimates)
    estimates["sensitivity"] = replace(estimates["sensitivity"], value=None, status="undefined")
    forest = replace(
        plot(context, {}), groups=(ForestGroup(None, (replace(context.whole, estimates=estimates),)),)
    )
    assert "not estimable" in texts(forest_of_one("f", "sensitivity", forest))


def test_words_of_agreement_reach_the_figure(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    forest = replace(plot(context, {}), words=Words(agreement=True, unit="image", numeric_axes=frozenset()))
    drawn = forest_of_one("f", "sensitivity", forest)
    assert "Positive per cent agreement (95 % CI)" in texts(drawn)
    assert "ensitivity" not in drawn.description
