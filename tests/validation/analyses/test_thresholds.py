"""Thresholds around the locked one by hand, against their counts, and laws."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.analyses.thresholds import threshold_rows
from validation.cohort.outcomes import Units
from validation.results.secondary import ThresholdRow

NAN = float("nan")


def units(rows: list[tuple[int, int, float]]) -> Units:
    """Images of (patient, truth, score)."""
    patient, truth, score = (np.array(column) for column in zip(*rows, strict=True))
    called = np.nan_to_num(score, nan=-1.0) >= 0.5
    return Units(patient.astype(np.intp), truth.astype(np.int8), score.astype(np.float64), called)


def rows_of(images: Units, threshold: float, unit: str = "image") -> tuple[ThresholdRow, ...]:
    return threshold_rows(
        images,
        unit="image" if unit == "image" else "patient",
        clusters=int(images.patient.max()) + 1,
        threshold=threshold,
        confidence_level=0.95,
    )


def value(row: ThresholdRow, metric: str) -> float | None:
    return next(estimate.value for estimate in row.estimates if estimate.metric == metric)


IMAGES = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from([1, 0, 0, -1]),
        st.sampled_from([0.0, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9, 1.0, NAN]),
    ),
    min_size=1,
    max_size=40,
).map(units)


def test_different_scores_reach_every_shift_by_hand() -> None:
    # 200 scores 0.000 to 0.995, locked at 0.5: 100 test positive; one unit is half a point.
    hundred = units([(place, place % 2, place / 200) for place in range(200)])
    rows = rows_of(hundred, 0.5)
    assert [row.shift for row in rows] == [0.1, 0.05, 0.02, 0.01, 0, -0.01, -0.02, -0.05, -0.1]
    assert [row.called for row in rows] == [120, 110, 104, 102, 100, 98, 96, 90, 80]
    assert [row.threshold for row in rows] == [0.4, 0.45, 0.48, 0.49, 0.5, 0.51, 0.52, 0.55, 0.6]


def test_equal_scores_move_together_by_hand() -> None:
    # Test positive at 0.5: 5 of 20. The next lower score adds 10 at once: nearer to +10 points (2 units) is to stay.
    tied = units([(place, 1, 0.9) for place in range(5)] + [(place, 0, 0.3) for place in range(5, 15)]
                 + [(place, 0, 0.1) for place in range(15, 20)])  # fmt: skip
    assert [(row.threshold, row.called) for row in rows_of(tied, 0.5)] == [(0.5, 5)]


def test_of_two_scores_equally_near_the_closer_is_taken_by_hand() -> None:
    # 20 units, 10 test positive at 0.5; -5 points is 1 unit fewer: 0 or 2 fewer are equally near.
    tied = units([(place, 1, 0.9) for place in range(8)] + [(place, 1, 0.6) for place in (8, 9)]
                 + [(place, 0, 0.1) for place in range(10, 20)])  # fmt: skip
    assert [row.called for row in rows_of(tied, 0.5)] == [10, 8]  # 8 by -10 points


def test_the_locked_threshold_stays_as_it_is_by_hand() -> None:
    # Between two scores: neither of them becomes a row that calls the same units.
    rows = rows_of(units([(place, place % 2, place / 10) for place in range(10)]), 0.45)
    assert [row.threshold for row in rows if row.shift == 0] == [0.45]
    assert 0.5 not in [row.threshold for row in rows]


def test_missing_and_indeterminate_count_as_in_the_primary_analysis_by_hand() -> None:
    images = units([(0, 1, 0.9), (1, 0, 0.2), (2, 1, NAN), (3, 0, NAN), (4, -1, 0.7), (5, -1, 0.3)])
    (row,) = [row for row in rows_of(images, 0.5) if row.shift == 0]
    # TP 1; FN: missing positive, indeterminate test negative; FP: missing negative, indeterminate test positive; TN 1.
    assert (value(row, "sensitivity"), value(row, "specificity")) == (
        pytest.approx(1 / 3),
        pytest.approx(1 / 3),
    )
    assert row.called == 2


def test_a_patient_with_a_missing_image_is_test_positive_by_its_largest_score_by_hand() -> None:
    # Ten patients; the first has an image without a score and one at 0.55.
    images = units([(0, 0, NAN), (0, 0, 0.55), *((place, place % 2, place / 10) for place in range(1, 10))])
    rows = {row.threshold: row for row in rows_of(images, 0.55, "patient")}
    assert rows[0.55].called == 5
    assert rows[0.5].called == 6
    # Above its score the patient is not processed, which for a negative counts as a false call as well.
    assert rows[0.6].called == 4
    assert value(rows[0.6], "specificity") == value(rows[0.55], "specificity") == pytest.approx(2 / 5)


@given(IMAGES, st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]), st.sampled_from(["image", "patient"]))
@settings(max_examples=60)
def test_a_higher_threshold_calls_fewer_against_theory(images: Units, threshold: float, unit: str) -> None:
    rows = rows_of(images, threshold, unit)
    assert [row.threshold for row in rows if row.shift == 0] == [threshold]
    for lower, higher in pairwise(rows):
        assert lower.threshold < higher.threshold
        assert lower.called > higher.called
        assert (value(lower, "sensitivity") or 0) >= (value(higher, "sensitivity") or 0)
        assert (value(lower, "specificity") or 0) <= (value(higher, "specificity") or 0)


@given(IMAGES, st.randoms())
@settings(max_examples=30)
def test_order_of_rows_changes_nothing_against_itself(images: Units, random: object) -> None:
    order = list(range(len(images.score)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Units(images.patient[order], images.truth[order], images.score[order], images.called[order])
    assert rows_of(shuffled, 0.3) == rows_of(images, 0.3)


def test_without_a_score_the_locked_row_stands_alone_by_hand() -> None:
    (row,) = rows_of(units([(0, 1, NAN), (1, 0, NAN)]), 0.5)
    assert (row.threshold, row.shift, row.called) == (0.5, 0, 0)
    assert value(row, "sensitivity") == 0
