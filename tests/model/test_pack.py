"""What the pack holds, by hand on pictures of a few pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.pack import fitted, pack
from protocols.images.folder import ImageFolder
from protocols.records import Studies


def test_area_average_by_hand() -> None:
    picture = np.array([[0, 4, 10, 10], [8, 4, 10, 10], [1, 1, 0, 0], [1, 1, 0, 200]], np.uint8)
    assert fitted(picture, 2).tolist() == [[4, 10], [1, 50]]


def test_same_size_is_left_alone_by_hand() -> None:
    picture = np.arange(9, dtype=np.uint8).reshape(3, 3)
    np.testing.assert_array_equal(fitted(picture, 3), picture)


def test_wide_picture_is_centred_on_black_by_hand() -> None:
    picture = np.full((2, 4), 9, np.uint8)
    assert fitted(picture, 4).tolist() == [[0] * 4, [9] * 4, [9] * 4, [0] * 4]


@pytest.fixture
def studies(tmp_path: Path) -> Studies:
    for number, value in enumerate((10, 20, 30)):
        Image.fromarray(np.full((4, 4), value, np.uint8)).save(tmp_path / f"i{number}.png")
    (tmp_path / "i1.png").write_bytes(b"")
    blank = ("",) * 3
    return Studies("s", ("i0", "i1", "i2"), ("a", "b", "c"), np.full(3, np.nan), blank, blank, None, None, {})


def test_pack_holds_pictures_in_the_order_asked_for(studies: Studies, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    packed = pack(
        studies,
        [2, 1, 0],
        ImageFolder(tmp_path, search=False),
        tmp_path,
        image_size=2,
        progress=lambda stage, done, total, note="": told.append((stage, done, total)),
    )
    assert packed.pixels.tolist() == [[[30, 30]] * 2, [[0, 0]] * 2, [[10, 10]] * 2]
    assert packed.faults == {1: "is empty (0 bytes)"}
    assert told == [("pack", 1, 3), ("pack", 2, 3), ("pack", 3, 3)]


def test_pack_on_disk_is_a_plain_array(studies: Studies, tmp_path: Path) -> None:
    packed = pack(
        studies,
        [0, 2],
        ImageFolder(tmp_path, search=False),
        tmp_path,
        image_size=2,
        progress=lambda *_: None,
    )
    np.testing.assert_array_equal(np.load(tmp_path / "pixels.npy"), packed.pixels)
