"""Localisation: geometry by hand and by law, counts by hand, intervals against other functions."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.progress import silent
from protocols.schema.load import parse_protocol
from protocols.tables.boxes_and_marks import Mark
from tests.conftest import PROTOCOL_HEAD
from validation.analyses.localisation import Rectangle, area_of_union, overlap
from validation.cohort.inputs import InputFiles
from validation.intervals.proportions import clustered_proportion, exact_clustered
from validation.results.results import Results, results_from_json
from validation.results.secondary import Localisation, Measured
from validation.run import validate

WHOLE = Rectangle(0.0, 0.0, 1.0, 1.0)
LEFT, RIGHT = Rectangle(0.0, 0.0, 0.5, 1.0), Rectangle(0.5, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("some", "area"),
    [
        ([], 0.0),
        ([WHOLE], 1.0),
        ([LEFT, RIGHT], 1.0),
        ([LEFT, LEFT], 0.5),
        ([LEFT, Rectangle(0.25, 0.0, 0.75, 1.0)], 0.75),
        ([LEFT, Rectangle(0.0, 0.0, 1.0, 0.5)], 0.75),
        ([Rectangle(0.0, 0.0, 0.75, 0.75), Rectangle(0.25, 0.25, 0.5, 0.5)], 0.5625),
    ],
)
def test_area_of_overlapping_boxes_by_hand(some: Sequence[Rectangle], area: float) -> None:
    assert area_of_union(some) == area


@pytest.mark.parametrize(
    ("region", "boxes", "expected"),
    [
        (WHOLE, [WHOLE], 1.0),
        (LEFT, [RIGHT], 0.0),  # they touch
        (LEFT, [WHOLE], 0.5),
        (Rectangle(0.25, 0.0, 0.75, 1.0), [LEFT], 0.25 / 0.75),
        (Rectangle(0.25, 0.0, 0.75, 1.0), [LEFT, RIGHT], 0.5),
        (LEFT, [Rectangle(0.25, 0.0, 0.75, 1.0), Rectangle(0.25, 0.0, 0.75, 0.5)], 0.25 / 0.75),
    ],
)
def test_overlap_by_hand(region: Rectangle, boxes: Sequence[Rectangle], expected: float) -> None:
    assert overlap(region, boxes) == pytest.approx(expected, abs=1e-15)


SIXTEENTHS = st.integers(0, 15)


@st.composite
def rectangle(draw: st.DrawFn) -> Rectangle:
    left, top = draw(SIXTEENTHS), draw(SIXTEENTHS)
    right, bottom = draw(st.integers(left + 1, 16)), draw(st.integers(top + 1, 16))
    return Rectangle(left / 16, top / 16, right / 16, bottom / 16)


@given(rectangle(), st.lists(rectangle(), min_size=1, max_size=5))
def test_overlap_against_counted_cells(region: Rectangle, boxes: list[Rectangle]) -> None:
    def cells(one: Rectangle) -> np.ndarray:
        mask = np.zeros((16, 16), dtype=bool)
        left, top, right, bottom = (round(16 * edge) for edge in one)
        mask[top:bottom, left:right] = True
        return mask

    covered = np.any([cells(box) for box in boxes], axis=0)
    expected = (cells(region) & covered).sum() / (cells(region) | covered).sum()
    assert overlap(region, boxes) == pytest.approx(expected, abs=1e-12)
    assert 0.0 <= overlap(region, boxes) <= 1.0
    assert overlap(region, boxes) == overlap(region, boxes[::-1])


@given(rectangle(), rectangle())
def test_overlap_of_two_is_symmetric_and_a_hit_at_the_centre_implies_some(
    one: Rectangle, other: Rectangle
) -> None:
    assert overlap(one, [other]) == pytest.approx(overlap(other, [one]), abs=1e-15)
    if other.contains((one.left + one.right) / 2, (one.top + one.bottom) / 2):
        assert overlap(one, [other]) > 0


# One row per image: patient, verdict, score, boxes, mark; fractions of three decimals, exact in sixteenths.
HALF = (0.0, 0.0, 0.5, 1.0)
HITS = Mark(0.25, 0.5, HALF)
MISSES = Mark(0.75, 0.5, (0.5, 0.0, 0.5, 1.0))
HALF_OFF = Mark(0.75, 0.5, (0.25, 0.0, 0.5, 1.0))
Row = tuple[str, str, str, list[tuple[float, float, float, float]], Mark | None]
ROWS: list[Row] = [
    ("p1", "positive", "0.9", [HALF], HITS),
    ("p1", "positive", "0.8", [HALF, (0.5, 0.0, 0.25, 1.0)], HITS),
    ("p2", "positive", "0.7", [HALF], MISSES),
    ("p2", "positive", "0.2", [HALF], HALF_OFF),
    ("p3", "positive", "0.1", [HALF], None),
    ("p3", "positive", "0.6", [], HITS),  # without a box
    ("p4", "negative", "0.3", [HALF], HITS),  # a box though not positive
    ("p4", "negative", "0.4", [], None),
    ("p5", "positive", "", [HALF], HITS),  # not processed
]


def files_of(folder: Path, rows: Sequence[tuple[str, Row]], *, stray: bool = False) -> InputFiles:
    """The tables of some rows, each under its image id."""
    studies, reads, predictions = (
        ["image_id,patient_id,age_years,sex,view"],
        ["image_id,reader_id,verdict"],
        ["image_id,score,status"],
    )
    boxes, marks = ["image_id,x,y,width,height"], ["image_id,x,y,left,top,width,height"]
    for image, (patient, verdict, score, drawn, mark) in rows:
        studies.append(f"{image},{patient},50,F,PA")
        reads.append(f"{image},R,{verdict}")
        predictions.append(f"{image},{score},{'ok' if score else 'failed'}")
        boxes += [f"{image},{','.join(map(str, box))}" for box in drawn]
        cells = (mark.x, mark.y, *mark.region) if mark else ("",) * 6
        marks.append(f"{image},{','.join(map(str, cells))}")
    if stray:
        boxes.append("elsewhere,0,0,1,1")
        marks.append("elsewhere,0.5,0.5,0,0,1,1")
    tables = {"studies": studies, "reads": reads, "predictions": predictions, "boxes": boxes, "marks": marks}
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return InputFiles(**{name: folder / f"{name}.csv" for name in tables})


def named(rows: Sequence[Row]) -> list[tuple[str, Row]]:
    return [(f"i{number}", row) for number, row in enumerate(rows)]


def results_of(files: InputFiles) -> Results:
    loaded = parse_protocol(
        (PROTOCOL_HEAD + "[bootstrap]\nreplicates = 1000\n").encode(), source="protocol.toml"
    )
    return validate(loaded, files, silent).results


def localised(folder: Path, rows: Sequence[Row] = tuple(ROWS)) -> Localisation:
    found = results_of(files_of(folder, named(rows), stray=True)).localisation
    assert found is not None
    return found


def test_counts_by_hand(tmp_path: Path) -> None:
    found = localised(tmp_path)
    assert (found.positives, found.without_box, found.boxed_not_positive, found.boxes) == (6, 1, 1, 6)
    whole, called, not_called = found.whole, found.called, found.not_called
    assert [(one.images, one.patients, one.marked, one.hits) for one in (whole, called, not_called)] == [
        (5, 3, 4, 2),
        (3, 2, 3, 2),
        (2, 2, 1, 0),
    ]
    assert (found.unused_boxes, found.unused_marks) == (1, 1)
    rates = {one.name: one.hit_rate for one in found.baselines}
    assert rates["chance"] == pytest.approx((0.5 + 0.75 + 0.5 + 0.5 + 0.5) / 5)
    # p1's boxes: of the marks of p2 and p3 two are right of the half, on the edge of the second image's second box.
    # p2's boxes: p1's two marks hit, p3 has none: 2 of 3 each. p3's boxes: p1's two of four marks.
    assert rates["swapped"] == pytest.approx((0 / 3 + 2 / 3 + 2 / 3 + 2 / 3 + 2 / 4) / 5)
    # The first place, row by row, that lies in all boxes: the upper left centre of the grid.
    assert (found.fixed_place, rates["fixed_place"]) == ((0.0078125, 0.0078125), 1.0)
    assert found.best_baseline is not None and found.best_baseline.name == "fixed_place"


def test_the_difference_to_a_baseline_by_hand(tmp_path: Path) -> None:
    """Hits 1, 1, 0, 0, 0 against always 1 at the fixed place; patients differ by 0, -2 and -1."""
    found = localised(tmp_path).best_baseline
    assert found is not None
    assert found.difference.value == pytest.approx(0.4 - 1.0)
    influence = np.array([0 + 2 * 0.6, -2 + 2 * 0.6, -1 + 0.6]) / 5
    half = 4.302652730 * np.sqrt(3 / 2 * (influence**2).sum())  # t of 2 degrees of freedom
    assert found.difference.interval == pytest.approx((max(-1.0, -0.6 - half), -0.6 + half), abs=1e-6)


def test_rates_and_overlaps_by_hand(tmp_path: Path) -> None:
    found = localised(tmp_path)
    assert found.whole.hit_rate.value == pytest.approx(0.4)
    # Overlaps: 1; 0.5 of 0.75; 0; a quarter of three quarters; 0 without a mark.
    overlaps = [1.0, 0.5 / 0.75, 0.0, 1 / 3, 0.0]
    assert found.whole.overlap.value == pytest.approx(np.mean(overlaps), abs=1e-6)
    filled = {(one.low, one.hits, one.misses) for one in found.overlaps if one.hits or one.misses}
    assert filled == {(0.0, 0, 2), (0.3, 0, 1), (0.6, 1, 0), (0.9, 1, 0)}


def test_the_interval_of_the_hit_rate_against_that_of_a_proportion(tmp_path: Path) -> None:
    clustered = clustered_proportion(np.array([2.0, 0.0, 0.0]), np.array([2.0, 2.0, 1.0]), 0.95)
    assert localised(tmp_path).whole.hit_rate.interval == pytest.approx(
        exact_clustered(clustered, 0.95), abs=1e-9
    )


def test_the_interval_of_the_overlap_against_theory(tmp_path: Path) -> None:
    """With one image per patient it is Student's interval of a mean, here of 1, 1/3, 0, 0 twice, cut at 0."""
    marks: list[Mark | None] = [HITS, HALF_OFF, MISSES, None] * 2
    rows: list[Row] = [(f"p{number}", "positive", "0.9", [HALF], mark) for number, mark in enumerate(marks)]
    values = np.array([1, 1 / 3, 0, 0] * 2)
    half = 2.364624252 * values.std(ddof=1) / np.sqrt(8)  # t of 7 degrees of freedom
    measured = localised(tmp_path, rows).whole.overlap
    assert measured.value == pytest.approx(values.mean(), abs=1e-6)
    assert measured.interval == pytest.approx((0.0, values.mean() + half), abs=1e-6)


def test_without_an_image_with_a_box_nothing_is_estimated_by_hand(tmp_path: Path) -> None:
    found = localised(tmp_path, [("p1", "positive", "0.9", [], HITS), ("p2", "negative", "0.1", [], None)])
    nothing = Measured(None, None, "not estimable: no image with a box")
    assert found.whole.hit_rate == found.whole.overlap == nothing
    assert (found.baselines, found.best_baseline, found.fixed_place, found.without_box) == ((), None, None, 1)


def test_marks_that_follow_the_boxes_beat_those_of_others_by_hand(tmp_path: Path) -> None:
    other = (0.5, 0.0, 0.5, 1.0)
    rows: list[Row] = [
        (f"p{number}", "positive", "0.9", [HALF if number % 2 else other], HITS if number % 2 else MISSES)
        for number in range(4)
    ]
    found = localised(tmp_path, rows)
    assert found.whole.hit_rate.value == 1.0
    assert found.baselines[-1].hit_rate == pytest.approx(
        1 / 3
    )  # of three other patients, one has the same half


def test_one_patient_has_no_other_by_hand(tmp_path: Path) -> None:
    found = localised(tmp_path, [("p1", "positive", "0.9", [HALF], HITS)] * 2)
    assert [one.name for one in found.baselines] == ["chance", "fixed_place"]


@pytest.mark.parametrize("given", ["boxes", "marks"])
def test_one_table_alone_is_not_measured_by_hand(tmp_path: Path, given: str) -> None:
    files = files_of(tmp_path, named(ROWS), stray=True)
    results = results_of(replace(files, **{{"boxes": "marks", "marks": "boxes"}[given]: None}))
    assert results.localisation is None
    assert getattr(results.inputs, given) is not None


def test_results_with_localisation_are_read_back_against_itself(tmp_path: Path) -> None:
    results = results_of(files_of(tmp_path, named(ROWS)))
    assert results_from_json(results.to_json().encode(), source="results.json") == results


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing_against_itself(tmp_path: Path, seed: int) -> None:
    first = results_of(files_of(tmp_path, named(ROWS)))
    files = files_of(tmp_path, random.Random(seed).sample(named(ROWS), len(ROWS)))
    second = results_of(files)
    assert second.localisation == first.localisation
    assert second.inputs.boxes is not None and first.inputs.boxes is not None
    assert second.inputs.boxes.content_sha256 == first.inputs.boxes.content_sha256


def test_more_of_the_same_patients_do_not_narrow_the_interval_against_itself(tmp_path: Path) -> None:
    """Duplicates of every image of a patient add no information."""
    once, twice = localised(tmp_path), localised(tmp_path, [*ROWS, *ROWS])
    assert twice.whole.images == 2 * once.whole.images
    assert twice.whole.hit_rate.interval == once.whole.hit_rate.interval
    assert twice.whole.overlap == once.whole.overlap
