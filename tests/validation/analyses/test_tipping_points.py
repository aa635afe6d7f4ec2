"""Tipping points: by hand, against SciPy's exact interval, and against the rows of both extremes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol
from tests.conftest import PROTOCOL_HEAD
from tests.validation.conftest import TABLES, Image, Judge
from tests.validation.samples import ROWS, Row, sample
from validation.analyses.best_and_worst_case import extreme_samples
from validation.analyses.tipping_points import NO_REPLICATES, turned_estimate, turned_units
from validation.cohort.outcomes import Unit
from validation.estimates.estimates import estimates_of
from validation.metrics.counts import COUNT_METRICS
from validation.results.results import WHOLE
from validation.results.verdict_sensitivity import TippingPoint

METRICS = [*(name for name in COUNT_METRICS if name != "prevalence"), "auroc"]


def criterion(metric: str, goal: float, bound: str = "lower", role: str = "acceptance") -> str:
    return (
        f'[[criteria]]\nid = "{metric}"\nmetric = "{metric}"\nsubgroup = "overall"\nbound = "{bound}"\n'
        f'goal = {goal}\nrole = "{role}"\njustification = "for the test"\n'
    )


def protocol_of(further: str = "") -> Protocol:
    return parse_protocol((PROTOCOL_HEAD + further).encode(), source="p.toml").protocol


def exact_lower(successes: int, trials: int) -> float:
    return float(stats.beta.ppf(0.025, successes, trials - successes + 1)) if successes else 0.0


def study(*, right: int = 38, positives: int = 40, missing: int = 10, negatives: int = 40) -> list[Image]:
    """Patients of one image: positives of whom some are test positive, positives without a score, right negatives."""
    return [
        *(Image(f"p{k:03}", "PPP", 0.9 if k < right else 0.1) for k in range(positives)),
        *(Image(f"m{k:03}", "PPP", None) for k in range(missing)),
        *(Image(f"n{k:03}", "NNN", 0.1) for k in range(negatives)),
    ]


def only(points: tuple[TippingPoint, ...]) -> TippingPoint:
    (point,) = points
    return point


def test_missing_scores_against_scipy(judge: Judge) -> None:
    # All ten without a score count as errors: 38 of 50 is not above the goal; some right ones are needed.
    goal = 0.7
    results = judge(study(), TABLES + criterion("sensitivity", goal))
    assert results.criteria[0].verdict == "not_met"
    expected = next(number for number in range(11) if exact_lower(38 + number, 50) > goal)
    point = only(results.tipping_points.criteria)
    assert (point.direction, point.unresolved, point.count, point.note) == ("for", 10, expected, None)
    assert results.tipping_points.note == "the study does not pass: fail"


def test_excluded_scores_may_undo_a_criterion_against_scipy(judge: Judge) -> None:
    goal = 0.7
    excluding = '[missing]\nnot_processed = "exclude"\n'
    results = judge(study(), TABLES + criterion("sensitivity", goal) + excluding)
    assert results.criteria[0].verdict == "met"
    expected = next(number for number in range(11) if exact_lower(48 - number, 50) <= goal)
    point = only(results.tipping_points.criteria)
    assert (point.direction, point.count) == ("against", expected)
    whole = results.tipping_points
    assert (whole.unit, whole.unresolved, whole.count, whole.id) == ("image", 10, expected, "sensitivity")


def test_a_large_number_is_tried_in_steps_against_scipy(judge: Judge) -> None:
    goal = 0.7
    images = study(right=400, positives=400, missing=450, negatives=60)
    excluding = '[missing]\nnot_processed = "exclude"\n'
    point = only(judge(images, TABLES + criterion("sensitivity", goal) + excluding).tipping_points.criteria)
    expected = next(number for number in range(0, 451, 3) if exact_lower(850 - number, 850) <= goal)
    assert (point.step, point.count) == (3, expected)


@pytest.mark.parametrize(
    ("images", "further", "verdict", "note"),
    [
        (study(), criterion("sensitivity", 0.2), "met", "met even if all 10 count against the device"),
        (
            study(missing=2),
            criterion("sensitivity", 0.99),
            "not_met",
            "not met even if all 2 count for the device",
        ),
        (study(), criterion("specificity", 0.2), "met", "no unresolved image enters the metric"),
        (study(), criterion("prevalence", 0.2), "met", "prevalence has no best or worst case"),
        (study(), criterion("brier", 0.9, "upper"), "met", "given for metrics of counts and AUROC"),
        (
            study(),
            criterion("sensitivity", 0.2) + '[decision]\nproportion = "percentile"\n',
            "met",
            "given for closed-form intervals; percentile decides",
        ),
        (
            study(negatives=40, positives=2, right=2, missing=3),
            criterion("sensitivity", 0.2),
            "inconclusive",
            "the criterion is inconclusive",
        ),
    ],
)
def test_words_where_no_number_changes_a_criterion_by_hand(
    judge: Judge, images: list[Image], further: str, verdict: str, note: str
) -> None:
    point = only(judge(images, TABLES + further).tipping_points.criteria)
    assert (point.verdict, point.count, point.note) == (verdict, None, note)


def test_nothing_unresolved_by_hand(judge: Judge) -> None:
    points = judge(study(missing=0), TABLES + criterion("sensitivity", 0.2)).tipping_points
    assert (points.criteria, points.unresolved, points.count) == ((), 0, None)
    assert points.note == "every image has a determinate reference and a score"


def test_an_estimate_is_judged_whatever_interval_decides_by_hand(judge: Judge) -> None:
    further = criterion("sensitivity", 0.9, "estimate", "consistency")
    further += '[decision]\nproportion = "bca"\n[missing]\nnot_processed = "exclude"\n'
    points = judge(study(), TABLES + further).tipping_points
    # 48 - t of 50 is below 0.9 from t = 4; it is no criterion of acceptance, and there is none.
    assert only(points.criteria).count == 4
    assert (points.count, points.note) == (None, "the study does not pass: none")


def test_patients_with_most_unresolved_units_turn_first_by_hand() -> None:
    # (patient, truth, score): patient 2 has three unresolved images, patient 1 two, patient 0 one.
    rows: list[Row] = [(0, 1, float("nan")), (1, -1, 0.9), (2, -1, 0.1), (1, 1, 0.9), (2, 1, float("nan"))]
    rows += [(1, -1, 0.2), (2, -1, 0.8), (0, 0, float("nan"))]
    assert turned_units(sample(rows), "sensitivity").units.tolist() == [2, 4, 6, 1, 5, 0]
    # The negative without a score enters specificity, the positives without one do not.
    assert turned_units(sample(rows), "specificity").units.tolist() == [1, 5, 2, 6, 7]
    assert turned_units(sample(rows), "auroc").units.tolist() == [2, 4, 6, 0, 7, 1, 5]


def closed(intervals: dict[str, object]) -> dict[str, object]:
    return {name: one for name, one in intervals.items() if name not in ("percentile", "bca")}


@given(rows=ROWS, unit=st.sampled_from(["image", "patient"]), metric=st.sampled_from(METRICS))
def test_none_and_all_against_the_rows_of_both_extremes(rows: list[Row], unit: Unit, metric: str) -> None:
    whole, protocol = sample(rows, unit), protocol_of()
    turned = turned_units(whole, metric)
    for case, number in (("best", 0), ("worst", len(turned.units))):
        found = turned_estimate(whole, turned, metric, number, protocol)
        expected = next(
            estimate
            for one in extreme_samples(whole, case)  # type: ignore[arg-type]
            for estimate in estimates_of(one, NO_REPLICATES, WHOLE, protocol)
            if estimate.metric == metric
        )
        assert found.value == expected.value
        assert closed(dict(found.intervals)) == closed(dict(expected.intervals))
        assert found.status == expected.status


@given(rows=ROWS, metric=st.sampled_from(["sensitivity", "specificity", "accuracy", "auroc"]))
def test_every_unit_against_the_device_lowers_the_value_against_itself(rows: list[Row], metric: str) -> None:
    whole, protocol = sample(rows), protocol_of()
    turned = turned_units(whole, metric)
    values = [
        turned_estimate(whole, turned, metric, number, protocol).value
        for number in range(len(turned.units) + 1)
    ]
    defined = [value for value in values if value is not None]
    if metric != "auroc" or all(truth != -1 for _, truth, _ in rows):
        assert defined == sorted(defined, reverse=True)
