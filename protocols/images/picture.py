"""One image file -> one picture: grey pixels, what the header says of them, and hashes of file and pixels.

Owns the choice of decoder and the record that everything else works on. Whether a picture is one that the
device is made for is `gate`'s.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.canonical import sha256_bytes
from protocols.images.folder import UndecodableImageError
from protocols.images.raster import decode_raster


@dataclass(frozen=True, slots=True)
class Header:
    """What a DICOM header says of a picture; text is empty and the age None where it says nothing.

    Attributes:
        modality: (0008,0060), such as ``DX``.
        body_part: (0018,0015), such as ``CHEST``.
        view: the projection, one of `View` or empty.
        view_tag: where it stood: ``ViewPosition``, ``PatientPosition`` or empty.
        age_years: of the patient.
    """

    modality: str = ""
    body_part: str = ""
    view: str = ""
    view_tag: str = ""
    age_years: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file.

    Attributes:
        pixels: uint8 of shape (rows, columns), 0 black to 255 white; bone is bright.
        colourful: share of pixels whose channels differ visibly; 0 for grey, also for grey stored as colour.
        header: what a DICOM header says; empty for other files.
        file_sha256: of the bytes of the file.
    """

    pixels: NDArray[np.uint8]
    colourful: float
    header: Header
    file_sha256: str

    @property
    def pixels_sha256(self) -> str:
        """SHA-256 of rows and columns as little-endian uint32 and then the pixels: equal for equal pictures."""
        shape = np.array(self.pixels.shape, dtype="<u4").tobytes()
        return sha256_bytes(shape + self.pixels.tobytes())


def read_picture(path: Path) -> Picture:
    """Decode a PNG, JPEG or DICOM file.

    Raises:
        UndecodableImageError: the file cannot be read, is empty, of another kind, damaged, truncated,
            animated, of several frames, of another colour space, or larger than `MOST_PIXELS`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UndecodableImageError(path.name, f"cannot be read ({error.strerror})") from error
    try:
        return decode_picture(content)
    except UndecodableImageError as error:
        raise UndecodableImageError(str(path), error.reason) from error


def decode_picture(content: bytes) -> Picture:
    """`read_picture` for the bytes of a file."""
    return Picture(decode_raster(content), 0.0, Header(), sha256_bytes(content))
