"""Definitions of metrics by hand, against scikit-learn, and by the laws they obey."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from validation.metrics.counts import (
    COUNT_METRICS,
    Proportion,
    confusion,
    f1,
    f1_of_jaccard,
    sensitivity,
    specificity,
)

COUNTS = st.tuples(*[st.integers(0, 200)] * 4)
VALUES = {name: metric.value for name, metric in COUNT_METRICS.items()}

BY_HAND = [
    # TP FP FN TN -> metric, value
    ((9, 4, 1, 16), "sensitivity", 0.9),
    ((9, 4, 1, 16), "specificity", 0.8),
    ((9, 4, 1, 16), "f1", 18 / 23),
    ((9, 4, 1, 16), "ppv", 9 / 13),
    ((9, 4, 1, 16), "npv", 16 / 17),
    ((9, 4, 1, 16), "accuracy", 25 / 30),
    ((9, 4, 1, 16), "balanced_accuracy", 0.85),
    ((9, 4, 1, 16), "lr_positive", 4.5),
    ((9, 4, 1, 16), "lr_negative", 0.125),
    ((9, 4, 1, 16), "prevalence", 1 / 3),
    ((0, 4, 5, 16), "lr_positive", 0.0),  # a ratio of 0 is a value
    ((5, 4, 0, 16), "lr_negative", 0.0),
    ((0, 0, 5, 16), "f1", 0.0),  # nothing found is 0, not undefined
]

UNDEFINED = [
    ((0, 3, 0, 5), "sensitivity"),  # no positives
    ((3, 0, 5, 0), "specificity"),  # no negatives
    ((0, 0, 0, 5), "f1"),  # nothing positive, nothing called
    ((0, 0, 3, 5), "ppv"),  # nothing called
    ((3, 5, 0, 0), "npv"),  # everything called
    ((0, 0, 0, 0), "accuracy"),
    ((3, 0, 5, 0), "balanced_accuracy"),
    ((3, 0, 1, 5), "lr_positive"),  # no false positives
    ((3, 5, 1, 0), "lr_negative"),  # no true negatives
    ((0, 3, 0, 5), "lr_negative"),  # no positives
    ((0, 0, 0, 0), "prevalence"),
]


@pytest.mark.parametrize(("counts", "name", "expected"), BY_HAND)
def test_value_by_hand(counts: tuple[int, ...], name: str, expected: float) -> None:
    assert float(VALUES[name](confusion(np.array(counts)))) == pytest.approx(expected)


@pytest.mark.parametrize(("counts", "name"), UNDEFINED)
def test_zero_by_zero_is_undefined_by_hand(counts: tuple[int, ...], name: str) -> None:
    assert math.isnan(VALUES[name](confusion(np.array(counts))))


@given(COUNTS.filter(lambda c: c[0] + c[2] > 0 and c[1] + c[3] > 0 and c[0] + c[1] > 0))
def test_values_against_sklearn(counts: tuple[int, int, int, int]) -> None:
    tp, fp, fn, tn = counts
    truth = [1] * (tp + fn) + [0] * (fp + tn)
    called = [1] * tp + [0] * fn + [1] * fp + [0] * tn
    table = confusion(np.array(counts))
    assert float(sensitivity(table)) == pytest.approx(sk.recall_score(truth, called))
    assert float(specificity(table)) == pytest.approx(sk.recall_score(truth, called, pos_label=0))
    assert float(f1(table)) == pytest.approx(sk.f1_score(truth, called))
    assert float(VALUES["balanced_accuracy"](table)) == pytest.approx(
        sk.balanced_accuracy_score(truth, called)
    )


@given(COUNTS)
def test_swapping_classes_and_calls_swaps_sensitivity_and_specificity(counts: tuple[int, ...]) -> None:
    table = np.array(counts)
    swapped = confusion(table[[3, 2, 1, 0]])
    assert np.array_equal(sensitivity(confusion(table)), specificity(swapped), equal_nan=True)


@given(COUNTS.filter(lambda c: c[0] + c[1] + c[2] > 0))
def test_f1_is_the_mapped_jaccard_index(counts: tuple[int, int, int, int]) -> None:
    tp, fp, fn, _ = counts
    assert f1_of_jaccard(tp / (tp + fp + fn)) == pytest.approx(float(f1(confusion(np.array(counts)))))


def test_fraction_is_the_value_where_there_is_one_by_hand() -> None:
    table = confusion(np.array([9, 4, 1, 16]))
    for name, metric in COUNT_METRICS.items():
        if isinstance(metric, Proportion) and name != "f1":
            numerator, denominator = metric.fraction(table)
            assert float(numerator / denominator) == pytest.approx(float(metric.value(table)))
