"""What is missing at its worst and best, by hand and as laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.schema.metrics import METRICS
from tests.validation.samples import NAN, ROWS, Row, sample
from validation.analyses.best_and_worst_case import extreme_samples
from validation.cohort.outcomes import Case, Sample, Unit
from validation.metrics.auroc import auroc, placements
from validation.metrics.average_precision import average_precision
from validation.metrics.brier import brier, squares_of
from validation.metrics.counts import COUNT_METRICS, confusion

COUNTED = {name: metric for name, metric in COUNT_METRICS.items() if name != "prevalence"}
OF_SCORES = ("auroc", "average_precision", "brier")


def value(metric: str, of: Sample) -> float:
    if metric == "auroc":
        return auroc(placements(of.ranked))
    if metric == "average_precision":
        return average_precision(of.ranked)
    if metric == "brier":
        return float(brier(squares_of(of).sum(axis=0)))
    return float(COUNTED[metric].value(confusion(of.counts.sum(axis=0))))


def extreme(rows: list[Row], case: Case, unit: Unit = "image") -> dict[str, tuple[float, str | None]]:
    """Value and rule of every metric at an extreme."""
    return {
        metric: (value(metric, one), rule)
        for one in extreme_samples(sample(rows, unit), case)
        for metric, rule in (one.metrics or {}).items()
    }


# Patients of one image: 3 TP, 1 FN, 1 FP, 4 TN; one indeterminate test positive, one negative, one without a score.
KNOWN: list[Row] = [(n, 1, 0.9) for n in range(3)] + [(3, 1, 0.1), (4, 0, 0.9)]
KNOWN += [(n, 0, 0.1) for n in range(5, 9)]
UNCLEAR: list[Row] = [(9, -1, 0.6), (10, -1, 0.2), (11, -1, NAN)]

BY_HAND = [
    # metric, worst, best: all three indeterminate images count in the way that is extreme for the metric
    ("sensitivity", 3 / 7, 6 / 7),
    ("specificity", 4 / 8, 7 / 8),
    ("ppv", 3 / 7, 6 / 7),
    ("npv", 4 / 8, 7 / 8),
    ("f1", 6 / (6 + 2 + 3), 12 / (12 + 2)),
    ("accuracy", 7 / 12, 10 / 12),
    ("balanced_accuracy", (3 / 7 + 4 / 5) / 2, (6 / 7 + 4 / 5) / 2),
    ("lr_positive", (3 / 4) / (4 / 8), (3 / 4) / (1 / 8)),
    ("lr_negative", (4 / 7) / (4 / 5), (1 / 7) / (4 / 5)),
]


@pytest.mark.parametrize(("metric", "worst", "best"), BY_HAND)
def test_indeterminate_references_by_hand(metric: str, worst: float, best: float) -> None:
    rows = KNOWN + UNCLEAR
    found = [extreme(rows, case)[metric][0] for case in ("worst", "best")]
    if metric in ("balanced_accuracy", "lr_positive", "lr_negative"):  # the most extreme of three assignments
        candidates = {
            "worst": [rates(3, 1 + p, 1 + n, 4) for p, n in ((3, 0), (0, 3), (2, 1))],
            "best": [rates(3 + p, 1, 1, 4 + n) for p, n in ((3, 0), (0, 3), (1, 2))],
        }
        lower = METRICS[metric].lower_is_better
        worst = (max if lower else min)(one[metric] for one in candidates["worst"])
        best = (min if lower else max)(one[metric] for one in candidates["best"])
    assert found == pytest.approx([worst, best])


def rates(tp: int, fn: int, fp: int, tn: int) -> dict[str, float]:
    se, sp = tp / (tp + fn), tn / (tn + fp)
    return {"balanced_accuracy": (se + sp) / 2, "lr_positive": se / (1 - sp), "lr_negative": (1 - se) / sp}


def test_rules_are_named_by_hand() -> None:
    worst, best = extreme(KNOWN + UNCLEAR, "worst"), extreme(KNOWN + UNCLEAR, "best")
    assert worst["ppv"][1] == "an indeterminate reference counts as a false positive"
    assert best["ppv"][1] == "an indeterminate reference counts as a true positive"
    assert (
        worst["f1"][1]
        == "an indeterminate reference counts as a false positive where called positive, else a false negative"
    )
    assert "ranks below every score" in (worst["auroc"][1] or "")
    assert "prevalence" not in worst


def test_scores_that_are_missing_by_hand() -> None:
    # 2 positives at 0.9 and 0.7, 2 negatives at 0.8 and 0.1; a positive and a negative without a score.
    rows: list[Row] = [(0, 1, 0.9), (1, 1, 0.7), (2, 0, 0.8), (3, 0, 0.1), (4, 1, NAN), (5, 0, NAN)]
    worst, best = extreme(rows, "worst"), extreme(rows, "best")
    assert (worst["auroc"][0], best["auroc"][0]) == pytest.approx((3 / 9, 8 / 9))
    # From the top: - + - + - + at the worst, + + - + - - at the best.
    assert worst["average_precision"][0] == pytest.approx((1 / 2 + 2 / 4 + 3 / 6) / 3, abs=1e-12)
    assert best["average_precision"][0] == pytest.approx((1 + 1 + 3 / 4) / 3, abs=1e-12)
    answered = 0.1**2 + 0.3**2 + 0.8**2 + 0.1**2
    assert (worst["brier"][0], best["brier"][0]) == pytest.approx(
        ((answered + 2) / 6, answered / 6), abs=1e-8
    )


def test_indeterminate_references_in_the_order_of_scores_by_hand() -> None:
    # Test positive: negative at the worst, positive at the best; test negative: the reverse.
    rows: list[Row] = [(0, 1, 0.9), (1, 0, 0.1), (2, -1, 0.95), (3, -1, 0.05)]
    worst, best = extreme(rows, "worst"), extreme(rows, "best")
    assert (worst["auroc"][0], best["auroc"][0]) == (1 / 4, 1.0)
    assert worst["brier"][0] == pytest.approx((2 * 0.1**2 + 2 * 0.95**2) / 4, abs=1e-8)
    assert best["brier"][0] == pytest.approx((2 * 0.1**2 + 2 * 0.05**2) / 4, abs=1e-8)


@given(ROWS, st.sampled_from(["image", "patient"]))
def test_no_count_is_better_than_at_its_best_or_worse_than_at_its_worst(rows: list[Row], unit: Unit) -> None:
    primary, worst, best = sample(rows, unit), extreme(rows, "worst", unit), extreme(rows, "best", unit)
    for metric in COUNTED:
        in_order = [worst[metric][0], value(metric, primary), best[metric][0]]
        defined = [one for one in in_order if not math.isnan(one)]
        assert defined == sorted(defined, reverse=METRICS[metric].lower_is_better)
        # What is defined at the primary analysis is so at the extremes, but for ratios of which it empties a cell.
        assert math.isnan(in_order[1]) or not math.isnan(in_order[0])


@given(ROWS, st.sampled_from(["image", "patient"]))
def test_no_area_is_better_than_at_its_best_or_worse_than_at_its_worst(rows: list[Row], unit: Unit) -> None:
    rows = [row for row in rows if row[1] >= 0] or [(0, 1, NAN)]
    primary, worst, best = sample(rows, unit), extreme(rows, "worst", unit), extreme(rows, "best", unit)
    for metric in OF_SCORES:
        ends = [worst[metric][0], value(metric, primary), best[metric][0]]
        defined = [one for one in ends if not math.isnan(one)]
        if metric == "brier":
            assert defined == sorted(defined, reverse=True) or len(defined) < 3
        else:
            assert defined == sorted(defined)


@given(ROWS, st.sampled_from(["image", "patient"]), st.data())
def test_an_image_that_is_not_answered_never_raises_auroc(
    rows: list[Row], unit: Unit, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    silent = [(*one[:2], NAN) if place == row else one for place, one in enumerate(rows)]
    before, after = value("auroc", sample(rows, unit)), value("auroc", sample(silent, unit))
    assert math.isnan(before) == math.isnan(after)
    assert math.isnan(before) or after <= before


@given(ROWS, st.sets(st.integers(0, 24)))
def test_the_hardest_images_that_are_not_answered_never_raise_average_precision(
    rows: list[Row], chosen: set[int]
) -> None:
    # Where all positives are test positive, precision is at least the prevalence, which missing scores get.
    rows = [row for row in rows if not math.isnan(row[2])] or [(0, 1, 0.1)]
    lowest = min((score for _, truth, score in rows if truth == 1), default=0.0)
    silent = [
        (patient, truth, NAN if (score == lowest if truth == 1 else place in chosen) else score)
        for place, (patient, truth, score) in enumerate(rows)
    ]
    before, after = (value("average_precision", sample(one)) for one in (rows, silent))
    assert math.isnan(before) == math.isnan(after)
    assert math.isnan(before) or after <= before


@given(ROWS)
def test_where_nothing_is_missing_all_analyses_are_one_against_itself(rows: list[Row]) -> None:
    whole = sample(
        [(patient, abs(truth), 0.1 if math.isnan(score) else score) for patient, truth, score in rows]
    )
    assert whole.ranked is whole.scored is whole.units
    (worst,) = extreme_samples(whole, "worst")
    (best,) = extreme_samples(whole, "best")
    assert worst.ranked is best.ranked is whole.ranked
    assert np.array_equal(worst.counts, best.counts)
