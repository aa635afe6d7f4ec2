"""Laws that hold for every study, whatever its numbers."""

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.validation.conftest import TABLES, Image, Judge, cohorts
from validation.results.results import Estimate, Results

FEW = settings(max_examples=15)
CLOSED = TABLES + '[decision]\nother = "delong_clustered"\n'
WIDTH = 2e-9  # of two bounds rounded to 9 decimals
PROPORTIONS = ("sensitivity", "specificity", "f1", "ppv", "npv", "accuracy", "prevalence")


def by_row(results: Results) -> dict[tuple[str, str, str], Estimate]:
    return {(row.metric, row.subgroup.axis, row.subgroup.level): row for row in results.estimates}


def width(row: Estimate, name: str | None) -> float:
    interval = row.intervals[name] if name else None
    return interval[1] - interval[0] if interval else float("inf")


@pytest.mark.fault(29)
@FEW
@given(images=cohorts(), seed=st.integers(0, 10**6))
def test_order_of_rows_changes_nothing_but_the_hash_of_files(
    judge: Judge, images: list[Image], seed: int
) -> None:
    order = random.Random(seed).sample(range(len(images)), len(images))
    first, second = judge(images), judge(images, order=order)
    without_files = [
        dataclasses.replace(
            results,
            inputs=dataclasses.replace(
                results.inputs,
                **{
                    table: dataclasses.replace(getattr(results.inputs, table), file_sha256="")
                    for table in ("studies", "reads", "predictions")
                },
            ),
        )
        for results in (first, second)
    ]
    assert without_files[0] == without_files[1]
    assert first.to_json().count("\n") == second.to_json().count("\n")


SWAPPED = {"sensitivity": "specificity", "specificity": "sensitivity", "ppv": "npv", "npv": "ppv"}


@FEW
@given(images=cohorts().map(lambda images: [one for one in images if one.reads != "I"]))
def test_swapping_classes_and_decisions_swaps_sensitivity_with_specificity(
    judge: Judge, images: list[Image]
) -> None:
    other_way = {"P": "N", "N": "P"}
    swapped = [
        dataclasses.replace(
            one, reads=other_way[one.reads], score=None if one.score is None else round(1 - one.score, 2)
        )
        for one in images
    ]
    first, second = by_row(judge(images)), by_row(judge(swapped))
    for (metric, axis, level), row in first.items():
        if metric in SWAPPED:
            other = second[SWAPPED[metric], axis, level]
            assert dataclasses.replace(row, metric=other.metric, **_classes_of(other)) == other
        elif metric == "auroc":
            assert row.value == second[metric, axis, level].value


def _classes_of(row: Estimate) -> dict[str, int]:
    names = ("positives", "negatives", "positive_patients", "negative_patients")
    return {name: getattr(row, name) for name in names}


@FEW
@given(images=cohorts(), times=st.integers(2, 4))
def test_more_patients_of_the_same_kind_never_widen_a_decision(
    judge: Judge, images: list[Image], times: int
) -> None:
    many = [
        dataclasses.replace(one, patient=f"{one.patient}-{copy}") for copy in range(times) for one in images
    ]
    first, second = by_row(judge(images, CLOSED)), by_row(judge(many, CLOSED))
    for key, row in first.items():
        if row.metric in PROPORTIONS and row.decision_interval:
            assert (
                width(second[key], second[key].decision_interval) <= width(row, row.decision_interval) + WIDTH
            )


@FEW
@given(images=cohorts(), times=st.sampled_from([2, 4]))
def test_the_same_image_again_adds_no_information(judge: Judge, images: list[Image], times: int) -> None:
    first, second = by_row(judge(images)), by_row(judge(images * times))
    for key, row in first.items():
        again = second[key]
        for name in ("percentile", "bca"):
            assert again.intervals[name] == row.intervals[name], (key, name)
        if "exact_clustered" in row.intervals:
            assert width(again, "exact_clustered") >= width(row, "exact_clustered") - WIDTH, key


@FEW
@given(images=cohorts())
def test_levels_and_unknown_add_up_to_the_whole(judge: Judge, images: list[Image]) -> None:
    results = judge(images)
    whole = results.estimate("accuracy")
    levels = [row for row in results.estimates if row.metric == "accuracy" and row.subgroup.axis == "sex"]
    for count in ("images", "positives", "negatives", "numerator", "denominator", "patients"):
        of_levels = sum(getattr(row, count) or 0 for row in levels)
        # p00 and p01 have one image of known sex beside those drawn: such a patient stands in two levels.
        assert of_levels == (getattr(whole, count) or 0) or (
            count == "patients" and of_levels >= whole.patients
        )


@pytest.mark.parametrize(("chunk", "threads"), [(7, 1), (7, 3), (250, 2), (999, 1)])
def test_chunks_and_threads_change_no_byte(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, chunk: int, threads: int
) -> None:
    images = [Image(f"p{number // 3:02}", "PNN"[number % 3], SCORE[number % 5]) for number in range(60)]
    whole = judge(images).to_json()
    monkeypatch.setattr("validation.intervals.bootstrap.LONGEST_CHUNK", chunk)
    monkeypatch.setattr("validation.intervals.bootstrap.COUNTED_AT_ONCE", chunk // 2)
    monkeypatch.setattr("validation.estimates.replication.THREADS", threads)
    assert judge(images).to_json() == whole


SCORE = [0.1, 0.9, 0.4, 0.6, 0.3]
