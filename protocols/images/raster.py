"""PNG and JPEG -> grey pixels, strictly: every decoder of the suite sees the same 8-bit picture, or a reason.

Owns the decoding of PNG and JPEG. Pillow alone is too lenient: it accepts a PNG with a wrong checksum, without
its end, or with fewer rows than its header promises, so the chunks are checked here first.
Source: PNG specification (W3C, 3rd edition), sections 5, 7, 8 and 11.
"""

import io
import struct
import warnings
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from protocols.images.folder import UndecodableImageError

MOST_PIXELS = 60_000_000  # the largest detectors in use have about 20 million
GREY_FROM = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIGNATURE = b"\xff\xd8\xff"
_PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples a pixel (table 11.1)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def decode_raster(content: bytes) -> NDArray[np.uint8]:
    """Decode the bytes of a PNG or JPEG file to grey pixels.

    Colour becomes luma (ITU-R 601-2; grey stored as colour keeps its values), an alpha channel is
    dropped, a palette is looked up, one-bit black and white become 0 and 255. Sixteen-bit values are
    scaled by the bits that the image uses, so a 12-bit radiograph stored in 16 bits keeps 256 levels.
    EXIF orientation is applied; colour profiles and gamma are not.

    Returns:
        Array of shape (rows, columns), 0 black to 255 white.

    Raises:
        UndecodableImageError: the content is empty, not PNG or JPEG, damaged, truncated, animated, of another
            colour space, or larger than `MOST_PIXELS`.
    """
    if not content:
        raise _fault("is empty (0 bytes)")
    if content.startswith(_PNG_SIGNATURE):
        _check_png(content)
    elif not content.startswith(_JPEG_SIGNATURE):
        raise _fault(f"is neither PNG nor JPEG (it begins with {content[:9]!r})")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `_check_size` is stricter
            image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        _check_size(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise _fault("is animated; a radiograph is one picture")
        return _grey(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise _fault(f"has more than {MOST_PIXELS:,} pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise _fault(f"cannot be decoded ({str(error).rstrip('.')})") from error


def _fault(reason: str) -> UndecodableImageError:
    return UndecodableImageError("image", reason)


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _fault(f"has {width} x {height} pixels; at most {MOST_PIXELS:,} are read")


def _grey(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I;16"):
        values = np.asarray(image, dtype=np.uint32)
        top = (1 << max(8, int(values.max()).bit_length())) - 1
        return ((values * 255 + top // 2) // top).astype(np.uint8)
    if image.mode not in GREY_FROM:
        raise _fault(f"has colour mode {image.mode}; grey, palette, RGB and RGBA are read")
    if image.mode in ("P", "PA"):
        image = image.convert("RGB")
    return np.array(image.convert("L"))


def _check_png(content: bytes) -> None:
    """Walk the chunks: each whole and with its checksum, up to IEND, and pixel data for every row."""
    position = len(_PNG_SIGNATURE)
    header = b""
    pixel_data = bytearray()
    kind = b""
    while kind != b"IEND":
        if position + 12 > len(content):
            raise _fault("is cut short: the end of the PNG is missing")
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content):
            raise _fault("is cut short: the file ends inside its pixel data or header")
        body = content[position + 8 : end - 4]
        if zlib.crc32(kind + body) != int.from_bytes(content[end - 4 : end], "big"):
            raise _fault("is damaged: a checksum of the PNG is wrong")
        if kind == b"IHDR":
            header = body
            _check_size(*struct.unpack_from(">II", header))
        elif kind == b"IDAT":
            pixel_data += body
        position = end
    _check_rows(header, bytes(pixel_data))


def _check_rows(header: bytes, pixel_data: bytes) -> None:
    if len(header) != 13 or header[9] not in _PNG_SAMPLES:
        raise _fault("is damaged: the header of the PNG is wrong")
    expected = _png_bytes(header)
    inflater = zlib.decompressobj()
    try:
        received = len(inflater.decompress(pixel_data, expected + 1))
    except zlib.error as error:
        raise _fault("is damaged: its pixel data cannot be decompressed") from error
    if received < expected:
        raise _fault(f"is incomplete: {received:,} of {expected:,} bytes of pixel data are there")


def _png_bytes(header: bytes) -> int:
    """Decompressed size of all scanlines, each with its filter byte, by the header alone."""
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    bits = depth * _PNG_SAMPLES[colour]
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns = -(-(width - left) // across)
        rows = -(-(height - top) // down)
        total += rows * (1 + -(-columns * bits // 8)) if columns > 0 and rows > 0 else 0
    return total
