"""What identifies the pictures of a study, and which of them are the same or nearly the same.

Owns the record of one picture and the table images.csv.
"""

from dataclasses import dataclass

from protocols.images.likeness import likeness
from protocols.images.picture import Picture


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """Size, hashes and look of one decoded picture."""

    rows: int
    columns: int
    file_sha256: str
    pixels_sha256: str
    likeness: str


def record_of(picture: Picture) -> PictureRecord:
    """The record of a picture."""
    rows, columns = picture.pixels.shape
    return PictureRecord(rows, columns, picture.file_sha256, picture.pixels_sha256, likeness(picture.pixels))
