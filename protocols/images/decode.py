"""One image file -> grey pixels, header, and hashes of file and pixels.

Owns the choice of decoder, by content and not by file ending. Whether the device is made for an image is decided in
`input_gate`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.images.dicom import decode_dicom
from protocols.images.dicom_header import Header, is_dicom
from protocols.images.folder import UndecodableImageError
from protocols.images.png_jpeg import decode_raster, is_raster
from protocols.storage.canonical import sha256_bytes


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A decoded file.

    Attributes:
        pixels: uint8 of shape (rows, columns), 0 black to 255 white; bone is bright.
        colourful: proportion of pixels whose channels differ visibly; 0 for grey, also for grey stored as colour.
        header: of a DICOM file; empty for other files.
        file_sha256: of the bytes of the file.
    """

    pixels: NDArray[np.uint8]
    colourful: float
    header: Header
    file_sha256: str

    @property
    def pixels_sha256(self) -> str:
        """SHA-256 of rows and columns as little-endian uint32 and then the pixels: equal for equal images."""
        digest = hashlib.sha256(np.array(self.pixels.shape, dtype="<u4").tobytes())
        digest.update(np.ascontiguousarray(self.pixels).data)
        return digest.hexdigest()


def read_image(path: Path) -> DecodedImage:
    """Decode a PNG, JPEG or DICOM file.

    Raises:
        UndecodableImageError: the file cannot be read, is empty, of another kind, damaged, truncated,
            animated, of several frames, of another colour space, or larger than `png_jpeg.MOST_PIXELS`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UndecodableImageError(path.name, f"cannot be read ({error.strerror})") from error
    try:
        return decode_image(content)
    except UndecodableImageError as error:
        raise UndecodableImageError(str(path), error.reason) from error


def decode_image(content: bytes) -> DecodedImage:
    """Decode the bytes of a PNG, JPEG or DICOM file, as `read_image` does."""
    if is_raster(content):
        raster = decode_raster(content)
        return DecodedImage(raster.pixels, raster.colourful, Header(), sha256_bytes(content))
    if is_dicom(content):
        pixels, header = decode_dicom(content)
        return DecodedImage(pixels, 0.0, header, sha256_bytes(content))
    reason = (
        f"is neither PNG, JPEG nor DICOM (it begins with {content[:9]!r})"
        if content
        else "is empty (0 bytes)"
    )
    raise UndecodableImageError("image", reason)
