"""Errors by hand, their margins against the results, and the worst of them as a page lists them."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from reports.content.context import ReportContext
from reports.content.estimate_rows import AxisRows, LevelRow
from reports.content.failures import MOST_LISTED, failures_of
from reports.language.formatting import score
from reports.run_files.line_listing import Listing
from tests.reports.conftest import seen
from validation.results.results import Subgroup

UNIT_IMAGE = ("passing", "failing", "text-mined", "one reader", "confirmatory", "no positives")
SEX = AxisRows("sex", tuple(LevelRow(Subgroup("sex", level), {}) for level in ("F", "M")))


def listing(*rows: tuple[str, str, float | None, str, str, str]) -> Listing:
    """Rows of image, reference, score, call, outcome and sex."""
    images, references, scores, calls, outcomes, sexes = zip(*rows, strict=True)
    numbers = np.array([np.nan if one is None else one for one in scores])
    patients = tuple(f"P{image}" for image in images)
    return Listing(patients, references, numbers, calls, outcomes, images, {"sex": sexes})


HAND = listing(
    ("a", "positive", 0.1, "negative", "FN", "F"),  # half of the way from 0.2 to 0
    ("b", "negative", 0.8, "positive", "FP", "F"),  # three quarters of the way from 0.2 to 1
    ("c", "negative", 0.2, "positive", "FP", "M"),  # on the threshold itself
    ("d", "positive", 0.9, "positive", "TP", "M"),
    ("e", "negative", 0.1, "negative", "TN", "M"),
    ("f", "positive", None, "", "FN", "M"),
    ("g", "indeterminate", 1.0, "positive", "FP", "M"),  # the end of the scale
)


def test_errors_of_a_small_listing_by_hand() -> None:
    found = failures_of(HAND, [SEX], 0.2)
    assert (found.counts.positives, found.counts.missed, found.counts.negatives, found.counts.raised) == (
        3,
        2,
        4,
        3,
    )
    assert [(one.image_id, one.distance) for one in found.worst] == [
        ("g", 1.0),
        ("b", pytest.approx(0.75)),
        ("a", pytest.approx(0.5)),
        ("c", 0.0),
        ("f", None),
    ]
    assert [(band.missed, band.raised) for band in found.bands] == [(0, 1), (0, 0), (1, 0), (0, 1), (0, 1)]
    assert (found.unscored.missed, found.unscored.raised, found.indeterminate) == (1, 0, 1)
    assert [(row.subgroup.level, row.counts.missed, row.counts.raised) for row in found.axes[0].rows] == [
        ("F", 1, 1),
        ("M", 1, 2),
    ]
    assert found.worst[0].levels == (Subgroup("sex", "M"),)


@pytest.mark.parametrize(
    ("threshold", "outcome", "number"), [(0.0, "FP", 0.5), (1.0, "FN", 0.5), (1.0, "FP", 1.0)]
)
def test_a_threshold_at_the_end_of_the_scale_gives_a_distance(
    threshold: float, outcome: str, number: float
) -> None:
    one = listing(("a", "negative", number, "positive", outcome, "F"))
    (failure,) = failures_of(one, [], threshold).worst
    assert failure.distance is not None
    assert 0 <= failure.distance <= 1


def test_neither_kind_crowds_out_the_other() -> None:
    missed = [(f"m{row:03}", "positive", 0.0, "negative", "FN", "F") for row in range(250)]
    raised = [(f"r{row:03}", "negative", 0.5, "positive", "FP", "F") for row in range(60)]
    assert failures_of(listing(*missed, *raised), [], 0.4).listed == (140, 60)
    assert failures_of(
        listing(*missed, *raised, *((f"s{one[0]}", *one[1:]) for one in raised)), [], 0.4
    ).listed == (100, 100)


def test_no_more_than_the_worst_are_kept() -> None:
    many = listing(*((f"{row:04}", "negative", row / 1000, "positive", "FP", "F") for row in range(500)))
    worst = failures_of(many, [], 0.0).worst
    assert [one.image_id for one in worst] == [f"{499 - place:04}" for place in range(MOST_LISTED)]


@pytest.mark.parametrize("name", UNIT_IMAGE)
def test_errors_are_those_behind_the_results(name: str, context_of: Callable[[str], ReportContext]) -> None:
    context = context_of(name)
    found = context.failures
    for row, counts in (
        (context.whole, found.counts),
        *(
            (row, level.counts)
            for axis, errors in zip(context.axes, found.axes, strict=True)
            for row, level in zip(axis.rows, errors.rows, strict=True)
        ),
    ):
        sensitivity, specificity = row.estimates["sensitivity"], row.estimates["specificity"]
        assert sensitivity.denominator == counts.positives
        assert specificity.denominator == counts.negatives
        assert (sensitivity.denominator or 0) - (sensitivity.numerator or 0) == counts.missed
        assert (specificity.denominator or 0) - (specificity.numerator or 0) == counts.raised


@pytest.mark.parametrize("name", [*UNIT_IMAGE, "by patient, missing excluded"])
def test_parts_sum_to_the_whole(name: str, context_of: Callable[[str], ReportContext]) -> None:
    found = context_of(name).failures
    for axis in found.axes:
        for field in ("positives", "missed", "negatives", "raised"):
            assert sum(getattr(row.counts, field) for row in axis.rows) == getattr(found.counts, field), (
                axis.name
            )
    assert sum(band.missed for band in found.bands) + found.unscored.missed == found.counts.missed
    assert sum(band.raised for band in found.bands) + found.unscored.raised == found.counts.raised
    assert len(found.worst) == min(found.errors, MOST_LISTED)


def test_the_page_lists_every_error_worst_first(
    context_of: Callable[[str], ReportContext], rows_of: Callable[[str, str], list[list[str]]]
) -> None:
    printed = rows_of("passing", "Errors, worst first")[1:]
    worst = context_of("passing").failures.worst
    assert [row[:2] for row in printed] == [[one.image_id, one.patient_id] for one in worst]
    assert [row[3] for row in printed] == ["none" if one.score is None else score(one.score) for one in worst]


def test_a_device_without_errors_is_said_to_have_made_none(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("without criteria and subgroups")
    right = failures_of(listing(("a", "positive", 0.9, "positive", "TP", "F")), [], 0.5)
    document = page_from(replace(context, failures=right))
    assert "There is no error on the analysed images." in document
    assert "Errors, worst first" not in document


def test_distances_of_a_page_are_in_bands(rows_of: Callable[[str, str], list[list[str]]]) -> None:
    heads = [row[0].replace("\u00a0", " ") for row in rows_of("passing", "Errors by the distance")[1:6]]
    assert heads[0] == "0 % to under 20 %"
    assert heads[-1] == "80 % to 100 %"


def test_errors_of_levels_stand_under_their_axis(rows_of: Callable[[str, str], list[list[str]]]) -> None:
    rows = rows_of("passing", "Errors by subgroup")
    assert ["Age (years)"] in rows
    assert rows.index(["Sex"]) < rows.index(["Sex and view"])


def test_calls_that_differ_from_mined_labels_are_no_errors(page_of: Callable[[str], str]) -> None:
    document = page_of("text-mined")
    for section in ("failures", "appendix_listing"):
        (told,) = re.findall(rf'<section class="section" id="{section}">.*?</section>', document, re.DOTALL)
        assert "disagreement" in seen(told)
        assert not re.findall(r"\b(?:error|wrong|missed|failure|right)", seen(told).lower())
