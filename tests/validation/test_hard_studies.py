"""Studies that break careless statistics: each is answered, with a reason where a number cannot be given."""

import math
from typing import Any

import pytest

from protocols.errors import BadInputError
from tests.validation.conftest import TABLES, Image, Judge
from validation.results.results import Results, results_from_json

FULL = (
    TABLES
    + """
[[subgroups]]
axis = ["sex", "view"]
[prevalences]
at = [0.05, 0.5]
[family]
axes = ["sex"]
metrics = ["sensitivity", "specificity"]
"""
)


def sound(results: Results) -> Results:
    """No number is not finite, no interval without width or without its estimate, nothing lost on the way to bytes."""
    _finite(results.to_json())
    assert results_from_json(results.to_json().encode(), source="results.json") == results
    for row in (*results.estimates, *results.sensitivity_analyses):
        for name, interval in row.intervals.items():
            assert (interval is None) == (name in row.interval_notes)
            if interval is not None and row.value is not None:
                assert interval[0] < interval[1]
                assert interval[0] - 1e-6 <= row.value <= interval[1] + 1e-6
    return results


def _finite(text: str) -> None:
    for word in ("NaN", "Infinity"):
        assert word not in text


def mixed(count: int, **given: Any) -> list[Image]:
    """Images of as many patients, half of them positive, called right four times of five."""
    images = []
    for number in range(count):
        positive, right = number % 2 == 0, number % 5 > 0
        score = 0.8 if positive == right else 0.2
        images.append(Image(f"p{number:03}", "PPP" if positive else "NNN", score, "FM"[number % 3 == 0]))
    return images


def test_readers_who_read_different_sets(judge: Judge) -> None:
    patterns = ["PP-", "-PN", "P-N", "NN-", "N-N", "-NN"]
    images = [Image(f"p{n:02}", patterns[n % 6], 0.9 if n % 3 else 0.1) for n in range(36)]
    results = sound(judge(images, FULL))
    assert results.agreement.images == 36
    assert {(pair.first, pair.second): pair.images for pair in results.agreement.pairs} == {
        ("R0", "R1"): 12,
        ("R0", "R2"): 12,
        ("R1", "R2"): 12,
    }
    assert {left.name for left in results.leave_one_out} == {"R0", "R1", "R2"}


def test_a_reader_with_one_read(judge: Judge) -> None:
    images = mixed(40)
    images[0] = Image("p000", "PPPN", 0.9)
    results = sound(judge(images, FULL))
    assert {one.reader: one.images for one in results.agreement.readers} == {
        "R0": 40,
        "R1": 40,
        "R2": 40,
        "R3": 1,
    }
    kappas = [pair.kappa for pair in results.agreement.pairs if pair.second == "R3"]
    assert all(kappa.interval is None and kappa.note for kappa in kappas)


@pytest.mark.parametrize("reads", ["PPP", "NNN"])
def test_one_class_alone(judge: Judge, reads: str) -> None:
    images = [Image(f"p{n:02}", reads, (0.2, 0.8)[n % 2]) for n in range(40)]
    results = sound(judge(images, FULL))
    assert results.estimate("auroc").status == "undefined"
    assert results.calibration.slope.value is None
    assert results.calibration.slope.note
    assert all(projection.value is None for projection in results.projections)
    assert all(test.note for test in results.homogeneity if test.statistic is None)


def test_every_score_equal(judge: Judge) -> None:
    images = [Image(one.patient, one.reads, 0.6, one.sex) for one in mixed(40)]
    results = sound(judge(images, FULL))
    assert results.estimate("auroc").value == 0.5
    assert results.estimate("average_precision").value == 0.5
    assert results.calibration.slope.value is None
    assert results.calibration.slope.note
    assert len(results.calibration.bins) == 1


def test_a_score_at_the_threshold_is_called_positive(judge: Judge) -> None:
    images = [Image(one.patient, one.reads, 0.5, one.sex) for one in mixed(40)]
    results = sound(judge(images, FULL))
    assert (results.estimate("sensitivity").value, results.estimate("specificity").value) == (1.0, 0.0)


@pytest.mark.parametrize("right", [True, False])
def test_perfect_and_inverted_devices(judge: Judge, right: bool) -> None:
    images = [
        Image(one.patient, one.reads, 0.9 if (one.reads == "PPP") == right else 0.1) for one in mixed(40)
    ]
    results = sound(judge(images, FULL))
    expected = 1.0 if right else 0.0
    for metric in ("sensitivity", "specificity", "accuracy", "auroc", "f1"):
        row = results.estimate(metric)
        assert row.value == expected
        assert row.decision is not None, metric
    assert results.calibration.slope.value is None  # classes are separated: no finite slope


def test_one_patient_with_five_hundred_images_among_twenty_with_one(judge: Judge) -> None:
    images = [*mixed(20), *(Image("p999", "PPP", 0.9 if n % 10 else 0.1) for n in range(500))]
    row = sound(judge(images, FULL)).estimate("sensitivity")
    low, high = row.intervals["exact_clustered"] or (0.0, 0.0)
    # The 500 are one patient: the interval is about as wide as that of very few.
    assert high - low > 0.5
    naive = row.intervals["clopper_pearson"] or (0.0, 0.0)
    assert naive[1] - naive[0] < 0.06


def test_a_single_patient(judge: Judge) -> None:
    images = [Image("p00", "PPP" if n % 2 else "NNN", (0.2, 0.8, 0.9)[n % 3]) for n in range(12)]
    results = sound(judge(images, FULL))
    row = results.estimate("sensitivity")
    assert (row.intervals["exact_clustered"], row.status) == ((0.0, 1.0), "insufficient")


WEIGHTED = TABLES + '[weights]\ncolumn = "weight"\n'


def weighted(weights: list[str]) -> list[Image]:
    return [
        Image(one.patient, one.reads, one.score, one.sex, {"weight": weight})
        for one, weight in zip(mixed(len(weights)), weights, strict=True)
    ]


@pytest.mark.parametrize("weight", ["0", "-1", "", "x", "inf"])
def test_a_weight_that_is_no_number_above_zero_is_refused(judge: Judge, weight: str) -> None:
    with pytest.raises(BadInputError, match=f"weight of image 'i0002' must be a number above 0.*{weight!r}"):
        judge(weighted(["1", "1", weight, "1"]), WEIGHTED)


def test_equal_weights_change_nothing_against_itself(judge: Judge) -> None:
    results = sound(judge(weighted(["7.5"] * 40), WEIGHTED))
    primary = {row.metric: row for row in results.estimates if row.subgroup.axis == "overall"}
    for row in results.sensitivity_analyses:
        if row.analysis == "weighted":
            assert row.intervals == primary[row.metric].intervals
            assert row.value == primary[row.metric].value


def test_weighted_estimates_by_hand(judge: Judge) -> None:
    # Positives weigh 1 and negatives 9: prevalence falls from 1/2 to 1/10, sensitivity stays.
    images = weighted(["1" if n % 2 == 0 else "9" for n in range(40)])
    results = sound(judge(images, WEIGHTED))
    rows = {row.metric: row for row in results.sensitivity_analyses if row.analysis == "weighted"}
    assert rows["prevalence"].value == pytest.approx(0.1, abs=1e-7)
    assert rows["sensitivity"].value == results.estimate("sensitivity").value
    se, sp = results.estimate("sensitivity").value, results.estimate("specificity").value
    assert se is not None
    assert sp is not None
    assert rows["ppv"].value == pytest.approx(0.1 * se / (0.1 * se + 0.9 * (1 - sp)), abs=1e-7)
    assert (rows["ppv"].numerator, rows["ppv"].denominator) == (None, None)


def test_unequal_weights_within_a_class_cost_effective_images(judge: Judge) -> None:
    images = weighted([("1", "9")[n // 2 % 2] for n in range(80)])
    results = sound(judge(images, WEIGHTED))
    (row,) = (
        row
        for row in results.sensitivity_analyses
        if (row.analysis, row.metric) == ("weighted", "sensitivity")
    )
    plain = results.estimate("sensitivity").intervals["exact_clustered"]
    own = row.intervals["exact_clustered"]
    assert plain is not None
    assert own is not None
    assert own[1] - own[0] > plain[1] - plain[0]
    assert math.isfinite(own[0])
