"""Missing scores and indeterminate truth in the second implementation, by hand and against counting pairs."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.schema.load import parse_protocol
from tests.conftest import PROTOCOL_HEAD
from validation.independent.best_and_worst_case import Extreme, extremes
from validation.independent.cohort import Image, Recounted, leaves_at, units
from validation.independent.estimate_rows import sizes, value_of
from validation.independent.formulas import exact_clustered
from validation.independent.replicates import rank, slice_of

WORDS = {"+": "positive", "-": "negative", "?": "indeterminate"}
THRESHOLD = 0.5
One = tuple[str, float | None]


def images(ones: Sequence[One], patients: Sequence[str] = ()) -> list[Image]:
    return [
        Image(f"i{k}", patients[k] if patients else f"p{k}", "test", WORDS[truth], score, {})
        for k, (truth, score) in enumerate(ones)
    ]


def rows(
    ones: Sequence[One], further: str = "", patients: Sequence[str] = ()
) -> dict[tuple[str, str], Extreme]:
    protocol = parse_protocol((PROTOCOL_HEAD + further).encode(), source="p.toml").protocol
    own = images(ones, patients)
    analysed = [image for image in own if leaves_at(image, protocol) is None]
    found = extremes(Recounted(tuple(own), {}, {}), analysed, protocol, THRESHOLD)
    return {(row.analysis, row.metric): row for row in found}


# 4 TP, 1 FN, 3 TN, 2 FP; one of each class without a score; indeterminate: test positive, negative, without a score.
STUDY: list[One] = [
    *[("+", 0.9)] * 4,
    ("+", 0.1),
    *[("-", 0.2)] * 3,
    *[("-", 0.8)] * 2,
    ("+", None),
    ("-", None),
    ("?", 0.7),
    ("?", 0.4),
    ("?", None),
]


@pytest.mark.parametrize(
    ("analysis", "metric", "numerator", "denominator"),
    [
        ("all_worst", "sensitivity", 4, 6 + 3),
        ("all_worst", "specificity", 3, 6 + 3),
        ("all_worst", "ppv", 4, 7 + 3),
        ("all_worst", "npv", 3, 5 + 3),
        ("all_worst", "accuracy", 7, 15),
        ("all_best", "sensitivity", 5 + 3, 6 + 3),
        ("all_best", "specificity", 4 + 3, 6 + 3),
        ("all_best", "ppv", 5 + 3, 7 + 3),
        ("all_best", "npv", 4 + 3, 5 + 3),
        ("all_best", "accuracy", 12, 15),
        (
            "processed_only",
            "sensitivity",
            4,
            5 + 1,
        ),  # indeterminate as in the primary analysis: FP if test positive, else FN
        ("processed_only", "specificity", 3, 5 + 1),
        ("processed_only", "prevalence", 6, 12),
    ],
)
def test_proportions_by_hand(analysis: str, metric: str, numerator: int, denominator: int) -> None:
    row = rows(STUDY)[analysis, metric]
    assert (row.numerator, row.denominator, row.value) == (
        numerator,
        denominator,
        round(numerator / denominator, 9),
    )
    expected = exact_clustered([1] * numerator + [0] * (denominator - numerator), [1] * denominator, 0.95)
    assert row.intervals["exact_clustered"] == pytest.approx(expected, abs=1e-9)
    assert (row.images, row.patients) == ((12, 12) if analysis == "processed_only" else (15, 15))


# tp, fp, fn, tn with k of the three indeterminate ones taken for the second of FP and FN, or of TP and TN.
WORST_MIXES = [(4, 3 + 3 - k, 2 + k, 3) for k in range(4)]
BEST_MIXES = [(5 + 3 - k, 2, 1, 4 + k) for k in range(4)]


@pytest.mark.parametrize(
    ("metric", "formula", "lower_is_worse"),
    [
        ("f1", lambda tp, fp, fn, tn: 2 * tp / (2 * tp + fp + fn), True),
        ("balanced_accuracy", lambda tp, fp, fn, tn: (tp / (tp + fn) + tn / (tn + fp)) / 2, True),
        ("lr_positive", lambda tp, fp, fn, tn: tp / (tp + fn) / (fp / (tn + fp)), True),
        ("lr_negative", lambda tp, fp, fn, tn: fn / (tp + fn) / (tn / (tn + fp)), False),
    ],
)
def test_the_most_extreme_mix_by_hand(
    metric: str, formula: Callable[..., float], lower_is_worse: bool
) -> None:
    worst, best = (min, max) if lower_is_worse else (max, min)
    found = rows(STUDY)
    assert found["all_worst", metric].value == pytest.approx(
        worst(formula(*mix) for mix in WORST_MIXES), abs=1e-9
    )
    assert found["all_best", metric].value == pytest.approx(
        best(formula(*mix) for mix in BEST_MIXES), abs=1e-9
    )


def test_no_value_is_better_than_that_of_the_primary_analysis_by_hand() -> None:
    # one indeterminate image is test positive and one is not: FP and FN give 10/11, both of one kind 11/12
    found = rows([*[("+", 0.9)] * 10, *[("-", 0.1)] * 10, ("?", 0.9), ("?", 0.1)])
    assert found["all_worst", "balanced_accuracy"].value == pytest.approx(10 / 11, abs=1e-9)


def test_brier_by_hand() -> None:
    found = rows([("+", 0.9), ("-", None), ("?", 0.75), ("?", 0.25), ("?", None)])
    known, far, near = 0.01, 0.75**2, 0.25**2
    assert found["all_worst", "brier"].value == pytest.approx((known + 1 + far + far + 1) / 5, abs=1e-6)
    assert found["all_best", "brier"].value == pytest.approx((known + 0 + near + near + 0) / 5, abs=1e-6)
    assert found["processed_only", "brier"].value == pytest.approx(known, abs=1e-6)
    assert (found["all_worst", "brier"].images, found["processed_only", "brier"].images) == (5, 1)


def test_what_the_protocol_excludes_comes_back_and_prevalence_has_no_extreme_by_hand() -> None:
    excluding = '[missing]\nindeterminate = "exclude"\nnot_processed = "exclude"\n'
    found = rows(STUDY, excluding)
    assert found["all_worst", "sensitivity"].denominator == 9
    assert found["processed_only", "sensitivity"].denominator == 5
    assert ("all_worst", "prevalence") not in found
    nothing = rows([("+", None)])["processed_only", "accuracy"]
    assert (nothing.value, nothing.denominator, nothing.images, nothing.patients) == (None, 0, 0, 0)


def test_patients_as_units_by_hand() -> None:
    by_patient = '[analysis]\nunit = "patient"\n'
    # a: positive, test positive; b: negative, an image missing; c: indeterminate, test negative.
    ones: list[One] = [("+", 0.9), ("-", None), ("-", 0.1), ("-", None), ("?", 0.2), ("-", 0.3)]
    found = rows(ones, by_patient, patients="aabbcc")
    worst, best = found["all_worst", "specificity"], found["all_best", "specificity"]
    assert (worst.numerator, worst.denominator, worst.images, worst.patients) == (0, 2, 6, 3)
    assert (best.numerator, best.denominator) == (2, 2)


@pytest.mark.parametrize(
    ("truth", "known", "worst", "best"),
    [
        ("-", 0.9, math.inf, 0.9),  # the missing image's score could have been highest
        ("+", 0.9, 0.9, math.inf),
        ("-", 0.1, math.inf, -math.inf),  # not processed: one image missing, the other test negative
        ("+", 0.1, -math.inf, math.inf),
    ],
)
def test_rank_of_a_patient_with_a_missing_image_by_hand(
    truth: str, known: float, worst: float, best: float
) -> None:
    (patient,) = units(images([(truth, known), (truth, None)], patients="pp"), "patient", THRESHOLD)
    assert (rank(patient), rank(patient, best=True)) == (worst, best)


def auroc_of_pairs(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    wins = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
    return round(sum(wins) / len(wins), 9) if wins else None


def precision_at_each(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    above = [(sum(p >= own for p in positives), sum(n >= own for n in negatives)) for own in positives]
    return sum(tp / (tp + fp) for tp, fp in above) / len(above) if above else None


ONES = st.lists(
    st.tuples(st.sampled_from("++--?"), st.sampled_from([None, 0.0, 0.3, 0.5, 0.5, 0.8, 1.0])),
    min_size=1,
    max_size=25,
)


@given(ones=ONES)
@settings(deadline=None)
def test_ranks_of_the_primary_analysis_against_pairs(ones: list[One]) -> None:
    own = images(ones)
    primary = slice_of(own, units(own, "image", THRESHOLD), {image.patient: k for k, image in enumerate(own)})
    positives = [-math.inf if score is None else score for truth, score in ones if truth == "+"]
    negatives = [math.inf if score is None else score for truth, score in ones if truth == "-"]
    area, precision = value_of("auroc", primary), value_of("average_precision", primary)
    assert (area if area is None else round(area, 9)) == auroc_of_pairs(positives, negatives)
    expected = precision_at_each(positives, negatives)
    assert precision == (expected if expected is None else pytest.approx(expected, abs=1e-11))
    size = sizes("auroc", primary)
    assert (size["positives"], size["negatives"]) == (len(positives), len(negatives))
    assert size["images"] == size["patients"] == len(positives) + len(negatives)


@given(ones=ONES, best=st.booleans())
@settings(deadline=None)
def test_extreme_ranks_against_pairs(ones: list[One], best: bool) -> None:
    positives, negatives = [], []
    for truth, score in ones:
        called = score is not None and score >= THRESHOLD
        if truth == "+" or (truth == "?" and called == best):
            positives.append(score if score is not None else math.inf if best else -math.inf)
        else:
            negatives.append(score if score is not None else -math.inf if best else math.inf)
    found = rows(ones)
    row = found["all_best" if best else "all_worst", "auroc"]
    assert (row.value, row.images) == (auroc_of_pairs(positives, negatives), len(ones))
    expected = precision_at_each(positives, negatives)
    precision = found["all_best" if best else "all_worst", "average_precision"].value
    assert precision == (expected if expected is None else pytest.approx(expected, abs=1e-9))


@given(ones=ONES.filter(lambda ones: {"+", "-"} <= {truth for truth, _ in ones}), data=st.data())
@settings(deadline=None)
def test_not_answering_never_raises_a_rank_against_itself(ones: list[One], data: st.DataObject) -> None:
    # Average precision only where negatives are declined: ties lift it, so that a positive that joins others may too.
    for metric, declined in (("auroc", "+-"), ("average_precision", "-")):
        less = [
            (truth, None if truth in declined and data.draw(st.booleans()) else score)
            for truth, score in ones
        ]
        before, after = (
            value_of(
                metric, slice_of(own, units(own, "image", 0.5), {one.patient: k for k, one in enumerate(own)})
            )
            for own in (images(ones), images(less))
        )
        assert before is not None
        assert after is not None
        assert after <= before + 1e-12
