"""The image inventory of a study (images.csv): size, hashes, and the most similar image of another split.

Owns the record of one image and the table. What follows from similar images across splits is decided in training and
validation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from protocols.images.perceptual_hash import BITS, nearest
from protocols.images.perceptual_hash import likeness as likeness_of
from protocols.storage.canonical import csv_text, write_text
from protocols.tables.reading import Table, read_table

if TYPE_CHECKING:  # reading an inventory needs no decoder
    from protocols.images.decode import DecodedImage

COLUMNS = ("image_id", "rows", "columns", "file_sha256", "pixels_sha256", "likeness", "like", "like_kind")
IDENTICAL: Final = "identical"
NEAR: Final = "near"
_SHA256 = re.compile("[0-9a-f]{64}")
_LIKENESS = re.compile(f"[0-9a-f]{{{(BITS + 1) // 4}}}")
_SIDE = re.compile("[1-9][0-9]{0,7}")

Kind = Literal["identical", "near"]


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """Size, hashes and perceptual hash (``likeness``) of one decoded image."""

    rows: int
    columns: int
    file_sha256: str
    pixels_sha256: str
    likeness: str


@dataclass(frozen=True, slots=True)
class Like:
    """A similar image: ``identical`` in every pixel, or ``near`` by its perceptual hash."""

    image_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Inventory:
    """The images of a study.

    Attributes:
        records: image_id -> record.
        likes: image_id -> the most similar image of another split, for images that have one.
    """

    records: Mapping[str, ImageRecord]
    likes: Mapping[str, Like]

    def to_csv(self) -> str:
        """Return the text of images.csv, in the code-point order of image_id."""
        rows = []
        for image_id in sorted(self.records):
            record, like = self.records[image_id], self.likes.get(image_id)
            found = [like.image_id, like.kind] if like else ["", ""]
            size = [str(record.rows), str(record.columns)]
            rows.append([image_id, *size, record.file_sha256, record.pixels_sha256, record.likeness, *found])
        return csv_text(COLUMNS, rows)

    def write(self, path: Path) -> None:
        """Write images.csv whole or not at all."""
        write_text(path, self.to_csv())


def record_of(picture: "DecodedImage") -> ImageRecord:
    """Return the record of a decoded image."""
    rows, columns = picture.pixels.shape
    return ImageRecord(rows, columns, picture.file_sha256, picture.pixels_sha256, likeness_of(picture.pixels))


def read_inventory(path: Path) -> Inventory:
    """Read images.csv.

    Raises:
        BadInputError: as `read_table`, or a column is missing, an image_id is empty or a duplicate, a size is not a
            whole number above 0, a hash has another form, or only one of like and like_kind is given.
    """
    table = read_table(path)
    table.require(COLUMNS)
    records: dict[str, ImageRecord] = {}
    likes: dict[str, Like] = {}
    for index, cells in enumerate(zip(*(table.columns[name] for name in COLUMNS), strict=True)):
        image_id, rows, columns, file_sha256, pixels_sha256, likeness, like, kind = cells
        if not image_id or image_id in records:
            what = f"duplicate image_id {image_id!r}" if image_id else "image_id is empty"
            raise table.fault(index, f"{what}; expected one row per image.")
        _require(table, index, {"rows": rows, "columns": columns}, _SIDE, "a whole number above 0")
        hashes = {"file_sha256": file_sha256, "pixels_sha256": pixels_sha256}
        _require(table, index, hashes, _SHA256, "64 hexadecimal digits")
        _require(table, index, {"likeness": likeness}, _LIKENESS, f"{(BITS + 1) // 4} hexadecimal digits")
        records[image_id] = ImageRecord(int(rows), int(columns), file_sha256, pixels_sha256, likeness)
        if like or kind:
            if not like or kind not in (IDENTICAL, NEAR):
                raise table.fault(
                    index,
                    f"like {like!r} with like_kind {kind!r}; give both, and identical or near, or neither.",
                )
            likes[image_id] = Like(like, IDENTICAL if kind == IDENTICAL else NEAR)
    return Inventory(records, likes)


def likes(these: Mapping[str, ImageRecord], among: Mapping[str, ImageRecord]) -> Mapping[str, Like]:
    """Return the most similar image of ``among`` for each of ``these`` that has one.

    Args:
        these: image_id -> record, such as those of the test split.
        among: image_id -> record of the images to search, such as those of training.

    Returns:
        image_id of ``these`` -> the image of ``among`` with the same pixels, or else the nearest within
        `perceptual_hash.NEAR` bits; of several at the same distance the first in code-point order.
    """
    ours, others = sorted(these), sorted(among)
    same: dict[str, str] = {}
    for image_id in others:
        same.setdefault(among[image_id].pixels_sha256, image_id)
    found: dict[str, Like] = {}
    places = nearest([these[one].likeness for one in ours], [among[one].likeness for one in others])
    for image_id, place in zip(ours, places, strict=True):
        twin = same.get(these[image_id].pixels_sha256)
        if twin is not None:
            found[image_id] = Like(twin, IDENTICAL)
        elif place >= 0:
            found[image_id] = Like(others[place], NEAR)
    return found


def _require(table: Table, index: int, cells: Mapping[str, str], form: re.Pattern[str], what: str) -> None:
    for name, cell in cells.items():
        if not form.fullmatch(cell):
            raise table.fault(index, f"{name} must be {what}; received {cell!r}.")
