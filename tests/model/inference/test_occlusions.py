"""Occlusion of parts of an image: by hand, and coverage of real and synthetic boxes by the lung template."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from model.inference.occlusions import (
    CORNER_HEIGHT,
    CORNER_WIDTH,
    SHORTCUTS,
    blanked,
    frame,
    lung_template,
    without_markers,
)

CHANGES = {one.item.id: one.change for one in SHORTCUTS}


def noisy(side: int = 64) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (side, side), dtype=np.uint8)


def test_lung_template_is_two_lungs_by_hand() -> None:
    mask = lung_template(100)
    np.testing.assert_array_equal(mask, mask[:, ::-1])
    # Centres 30 and 70 % across, 50 % down; half axes 19 and 38 %; nothing in the middle or at the edges.
    assert mask[50, [11, 30, 48]].all()
    assert not mask[50, [10, 50]].any()
    assert mask[[12, 87], 29].all()
    assert not mask[[11, 88], 29].any()
    ellipse = np.pi * 0.19 * 0.38
    assert abs(mask.mean() - 2 * ellipse) < 0.01


def test_frame_by_hand() -> None:
    mask = frame(20)
    assert mask.sum() == 20 * 20 - 14 * 14
    assert not mask[3:17, 3:17].any()


def test_hidden_pixels_bear_the_median_of_the_others_which_stay() -> None:
    picture, side = noisy(), 64
    for name, hidden in (
        ("lungs_masked", lung_template(side)),
        ("lungs_only", ~lung_template(side)),
        ("borders_only", ~frame(side)),
        ("centre_only", frame(side)),
    ):
        changed = CHANGES[name](picture, 0)
        assert np.unique(changed[hidden]).tolist() == [int(np.median(picture[~hidden]))]
        np.testing.assert_array_equal(changed[~hidden], picture[~hidden])


@pytest.mark.parametrize("name", ["lungs_masked", "borders_only"])
def test_what_is_hidden_leaves_no_trace(name: str) -> None:
    """Different lungs give the same image: not even their brightness is left."""
    picture, mask = noisy(), lung_template(64) & ~frame(64)
    other = picture.copy()
    other[mask] = 255 - other[mask] // 2
    np.testing.assert_array_equal(CHANGES[name](other, 0), CHANGES[name](picture, 0))


def test_flat_images_by_hand() -> None:
    picture = np.array([[10, 20], [30, 90]], dtype=np.uint8)
    assert CHANGES["median_only"](picture, 0).tolist() == [[25, 25], [25, 25]]
    assert CHANGES["flat"](picture, 0).tolist() == [[128, 128], [128, 128]]


def test_blanking_leaves_what_it_was_given() -> None:
    picture = noisy()
    before = picture.copy()
    blanked(picture, frame(64))
    without_markers(picture, 0)
    np.testing.assert_array_equal(picture, before)


def test_markers_vanish_and_nothing_else_changes() -> None:
    picture = np.full((100, 100), 60, dtype=np.uint8)
    picture[:, 50:] = 90
    marked = picture.copy()
    marked[2:8, 3:15] = 255
    marked[2:8, 85:98] = 255
    marked[95:99, 2:10] = 0
    np.testing.assert_array_equal(without_markers(marked, 0), picture)
    picture = noisy(100)
    height, width = round(CORNER_HEIGHT * 100), round(CORNER_WIDTH * 100)
    untouched = np.ones((100, 100), dtype=bool)
    for rows in (slice(height), slice(100 - height, None)):
        for columns in (slice(width), slice(100 - width, None)):
            untouched[rows, columns] = False
    changed = without_markers(picture, 0)
    np.testing.assert_array_equal(changed[untouched], picture[untouched])
    assert (changed[~untouched] != picture[~untouched]).mean() > 0.9


def test_corner_is_filled_from_the_nearer_strip() -> None:
    # Left of the corner's inner edge 40, below its lower edge 200: it passes from the one to the other.
    picture = np.full((100, 100), 40, dtype=np.uint8)
    picture[10:, :] = 200
    filled = without_markers(picture, 0)[:10, :20]
    assert filled[9, 0] > 180
    assert filled[0, 19] < 60
    assert (np.diff(filled[5].astype(int)) <= 0).all()


def share_of_boxes(mask: np.ndarray, boxes: np.ndarray) -> float:
    """Of the area of all boxes (left, top, right, bottom in pixels), each box counted whole, by summed areas."""
    sums = np.pad(mask.astype(np.int64).cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    left, top, right, bottom = boxes.T
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return float(inside.sum() / ((right - left) * (bottom - top)).sum())


def test_summed_areas_by_hand() -> None:
    mask = np.zeros((4, 4), dtype=bool)
    mask[1:3, 1:] = True
    boxes = np.array([[0, 0, 2, 2], [1, 1, 4, 3]])
    assert share_of_boxes(mask, boxes) == (1 + 6) / (4 + 6)


def test_template_covers_most_of_the_radiologists_boxes(shared_data: Path) -> None:
    """RSNA 2018: 9,555 boxes on 6,012 images of 1,024 pixels."""
    with gzip.open(shared_data / "rsna" / "stage_2_train_labels.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["x"]]
    corner = np.array([[round(float(row[name])) for name in ("x", "y")] for row in rows])
    size = np.array([[round(float(row[name])) for name in ("width", "height")] for row in rows])
    boxes = np.concatenate([corner, corner + size], axis=1)
    assert len(boxes) == 9555
    corners = np.zeros((1024, 1024), dtype=bool)
    corners[:102, :205] = corners[:102, -205:] = corners[-102:, :205] = corners[-102:, -205:] = True
    assert round(share_of_boxes(lung_template(1024), boxes), 3) == 0.919
    assert round(share_of_boxes(frame(1024), boxes), 3) == 0.069
    assert round(share_of_boxes(corners, boxes), 3) == 0.001
    assert round(float(lung_template(1024).mean()), 3) == 0.454
