"""Overlays: sizes, positions, and that everything is distinguishable in grey."""

import io

import numpy as np
import pytest
from PIL import Image

from model.explanation.overlays import INFERNO, SIDE, overlay, thumbnail
from model.explanation.saliency import Area, picture_area, point_at

SIZE = 64
WHOLE = Area(0, 0, SIZE, SIZE)
NO_BOX = np.empty((0, 4))


@pytest.fixture(scope="module")
def packed() -> np.ndarray:
    return np.random.default_rng(2).integers(60, 120, (SIZE, SIZE), dtype=np.uint8)


def opened(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def spot(row: int, column: int) -> np.ndarray:
    found = np.zeros((8, 8))
    found[row, column] = 1.0
    return found


@pytest.mark.parametrize(
    ("rows", "columns", "shape"),
    [(100, 100, (SIDE, SIDE)), (200, 100, (SIDE, SIDE // 2)), (30, 60, (SIDE // 2, SIDE))],
)
def test_sizes_by_hand(packed: np.ndarray, rows: int, columns: int, shape: tuple[int, int]) -> None:
    area = picture_area(rows, columns, SIZE)
    assert opened(thumbnail(packed, area)).shape == shape
    assert opened(overlay(packed, area, spot(4, 4), None, NO_BOX)).shape == (*shape, 3)


def test_the_same_image_gives_the_same_bytes_against_itself(packed: np.ndarray) -> None:
    found = spot(2, 5)
    boxes = np.array([[0.1, 0.2, 0.3, 0.4]])
    first, second = (overlay(packed, WHOLE, found, point_at(found, WHOLE), boxes) for _ in range(2))
    assert first == second


def test_nothing_is_drawn_where_there_is_nothing_to_tell_by_hand(packed: np.ndarray) -> None:
    image = opened(overlay(packed, WHOLE, np.zeros((8, 8)), None, NO_BOX))
    assert (image == image[..., :1]).all()
    assert np.abs(image[..., 0].astype(int) - opened(thumbnail(packed, WHOLE)).astype(int)).mean() < 3


def test_evidence_is_coloured_where_it_is_and_nowhere_else_by_hand(packed: np.ndarray) -> None:
    """The ring is drawn round the spot, in grey, so the colour is tested next to it."""
    found = spot(2, 5)
    image = opened(overlay(packed, WHOLE, found, point_at(found, WHOLE), NO_BOX)).astype(int)
    coloured = np.ptp(image, axis=2) > 8
    rows, columns = np.nonzero(coloured)
    cell = SIDE / 8
    assert 1.4 * cell <= rows.min() and rows.max() <= 3.6 * cell
    assert 4.4 * cell <= columns.min() and columns.max() <= 6.6 * cell


def test_boxes_are_broken_lines_of_white_on_black_by_hand(packed: np.ndarray) -> None:
    image = opened(overlay(packed, WHOLE, spot(4, 4), None, np.array([[0.25, 0.25, 0.5, 0.5]])))
    edge = image[SIDE // 4, SIDE // 4 : 3 * SIDE // 4, 0]
    assert (edge > 230).sum() > 30 and (edge < 25).sum() > 30
    inside = image[SIDE // 2 - 20 : SIDE // 2 + 20, SIDE // 2 - 20 : SIDE // 2 + 20]
    assert inside.max() < 130


def test_colours_rise_evenly_in_lightness_by_hand() -> None:
    luma = [0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in INFERNO]
    assert luma == sorted(luma)
    assert min(np.diff(luma)) > 5
