"""The sheet of sample pictures."""

import io
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from protocols.cohorts.profile.montage import caption, montage
from protocols.cohorts.profile.pictures import files_of
from protocols.images.folder import ImageFolder
from protocols.tables.records import Studies

Folder = Callable[[Mapping[str, NDArray[np.uint8]]], ImageFolder]


def test_half_of_each_class_by_hand(make_studies: Callable[..., Studies], folder_of: Folder) -> None:
    images = [f"i{number:02d}" for number in range(40)]
    studies = make_studies(images, manufacturer="PHANTOM Alder")
    files = files_of(studies, folder_of(dict.fromkeys(images, np.full((6, 3), 90, np.uint8))))
    names = ["positive"] * 15 + ["negative"] * 25
    tiles, content = montage(studies, names, files)
    assert [tile.image_class for tile in tiles] == ["positive"] * 12 + ["negative"] * 12
    assert len({tile.image_id for tile in tiles}) == 24
    assert caption(tiles[0]) == ("PHANTOM, positive", "age unknown, sex ?, view ?")
    sheet = Image.open(io.BytesIO(content))
    assert sheet.mode == "L"
    assert montage(studies, names, files) == (tiles, content)


def test_what_one_class_lacks_the_other_fills_by_hand(
    make_studies: Callable[..., Studies], folder_of: Folder
) -> None:
    images = [f"i{number:02d}" for number in range(30)]
    studies = make_studies(images)
    files = files_of(studies, folder_of(dict.fromkeys(images, np.full((3, 3), 90, np.uint8))))
    tiles, _ = montage(studies, ["positive"] * 3 + ["negative"] * 10 + ["unknown"] * 17, files)
    assert [tile.image_class for tile in tiles] == ["positive"] * 3 + ["negative"] * 10 + ["unknown"] * 11


def test_what_cannot_be_decoded_is_passed_over_by_hand(
    make_studies: Callable[..., Studies], folder_of: Folder
) -> None:
    studies = make_studies(["a", "b"])
    folder = folder_of({"a": np.full((3, 3), 90, np.uint8), "b": np.full((3, 3), 90, np.uint8)})
    (folder.root / "b.png").write_bytes(b"no picture")
    tiles, _ = montage(studies, ["positive", "positive"], files_of(studies, folder))
    assert [tile.image_id for tile in tiles] == ["a"]


def test_without_pictures_there_is_no_sheet(make_studies: Callable[..., Studies]) -> None:
    assert montage(make_studies(["a"]), ["positive"], [None]) == ((), b"")
