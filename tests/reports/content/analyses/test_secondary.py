from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.content.analyses.secondary import NARROW, secondary_tables
from reports.content.context import ReportContext
from validation.results.results import Results
from validation.results.secondary import DecisionCurvePoint, PrecisionRecallPoint, Projection, Spiegelhalter


@pytest.fixture
def changed(context_of: Callable[[str], ReportContext]) -> Callable[..., object]:
    """The tables of the passing study with some of its results replaced."""
    context = context_of("passing")

    def of(**changes: object) -> object:
        results: Results = replace(context.results, **changes)  # type: ignore[arg-type]
        return secondary_tables(results, context.words)

    return of


def point(threshold: float, net_benefit: float, treat_all: float) -> DecisionCurvePoint:
    return DecisionCurvePoint(threshold, net_benefit, None, treat_all)


def test_a_decision_curve_that_pays_nowhere_above_a_fifth_is_shown_closely(
    changed: Callable[..., object],
) -> None:
    paying = [point(number / 100, 0.1 - number / 200, 0.0) for number in range(1, 21)]
    found = changed(decision_curve=(*paying, point(0.3, 0.0, -1.0), point(0.5, 0.0, -1.0)))
    shown = [one.threshold for one in found.decision_curve]  # type: ignore[attr-defined]
    assert shown == [at for at in NARROW if at < 0.2] + [0.5]  # 0.5 is the locked threshold


def test_equal_points_of_precision_and_recall_stand_once(changed: Callable[..., object]) -> None:
    points = (
        PrecisionRecallPoint(0.9, 0.5, 1.0, (0.4, 1.0)),
        PrecisionRecallPoint(0.2, 1.0, 0.5, (0.3, 0.7)),
    )
    found = changed(precision_recall=points)
    assert found.precision_recall == points  # type: ignore[attr-defined]


def test_intervals_of_projections_are_named_by_hand(changed: Callable[..., object]) -> None:
    given = Projection(
        metric="ppv",
        prevalence=0.1,
        value=0.5,
        intervals={"bca": (0.4, 0.6), "mover": (0.3, 0.7)},
        interval_notes={},
        decision_interval="bca",
        undefined_replicates=0,
    )
    lacking = replace(
        given,
        metric="npv",
        value=None,
        intervals={"bca": None},
        interval_notes={"bca": "not estimable: 0 negatives"},
        decision_interval=None,
    )
    found = changed(
        projections=(
            given,
            replace(given, prevalence=0.2),
            replace(given, metric="f1", decision_interval="mover"),
            lacking,
        )
    )
    assert found.projected_notes == (  # type: ignore[attr-defined]
        "Intervals: bootstrap BCa; MOVER for F1 at 10\u00a0%.",
        "Not estimable (0 negatives): NPV at 10\u00a0%.",
    )


def test_a_clustered_z_that_is_not_there_is_named_by_hand(
    changed: Callable[..., object], context_of: Callable[[str], ReportContext]
) -> None:
    calibration = context_of("passing").results.calibration
    z = Spiegelhalter(1.0, 0.3, None, None, "clustered: one patient alone")
    found = changed(calibration=replace(calibration, spiegelhalter=z))
    assert found.calibration_notes == (  # type: ignore[attr-defined]
        "Not estimable (one patient alone): clustered Spiegelhalter's z.",
    )
