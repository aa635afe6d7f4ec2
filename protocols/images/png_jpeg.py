"""Strict decoding of PNG and JPEG to grey pixels of 8 bits.

Pillow alone is too lenient: it accepts a PNG with a wrong checksum, without its end, or with fewer rows than its header
states, and a JPEG of which its library warns. The chunks are therefore checked here, and the common kinds of PNG are
inflated by Pillow's decoder in one call; JPEG is decoded through `jpeg`, where a warning is an error.
Source: PNG specification (W3C, 3rd edition), sections 5, 7, 8 and 11.
"""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from protocols.images.folder import UndecodableImageError
from protocols.images.jpeg import decode_jpeg
from protocols.images.outliers import range_of

MOST_PIXELS = 60_000_000  # the largest detectors in use have about 20 million
GREY_FROM = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
APART = 32  # levels between two channels above which a pixel is coloured; JPEG changes grey by a few

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIGNATURE = b"\xff\xd8\xff"
_PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples per pixel (table 11.1)
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PLAIN_MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}  # of 8-bit PNG that needs no look-up
# no last row of a radiograph is all of this colour
_UNLIKELY: dict[str, int | tuple[int, ...]] = {"L": 1, "RGB": (1, 2, 3), "LA": (1, 2), "RGBA": (1, 2, 3, 4)}
_TURNING = (b"Raw profile type", b"XML:com.adobe.xmp")  # texts in which Pillow finds an orientation
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, RuntimeError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class Raster:
    """Grey pixels and how much of the image was in colour.

    Attributes:
        pixels: uint8 of shape (rows, columns), 0 black to 255 white.
        colourful: proportion of pixels in which two channels differ by more than `APART` levels.
    """

    pixels: NDArray[np.uint8]
    colourful: float


@dataclass(frozen=True, slots=True)
class _Chunks:
    """The chunks of a PNG: bytes of the header, all pixel data, and how they are to be decoded.

    ``plain`` is an 8-bit image as is, ``deep`` one of 16-bit colour or grey with alpha, which Pillow cuts to 8.
    """

    header: bytes
    pixel_data: bytes
    plain: bool
    deep: bool


def is_raster(content: bytes) -> bool:
    """Return whether the bytes begin as a PNG or JPEG file does."""
    return content.startswith((_PNG_SIGNATURE, _JPEG_SIGNATURE))


def decode_raster(content: bytes) -> Raster:
    """Decode the bytes of a PNG or JPEG file to grey pixels.

    Colour becomes luma (ITU-R 601-2; grey stored as colour keeps its values), an alpha channel is
    dropped, a palette is looked up, one-bit black and white become 0 and 255. Sixteen-bit values, of grey and of
    colour, are scaled by the bits that the image uses without its outliers, so that a 12-bit radiograph stored in
    16 bits keeps 256 levels. EXIF orientation is applied; colour profiles and gamma are not.

    Raises:
        UndecodableImageError: the content is empty, not PNG or JPEG, damaged, truncated, animated, of another
            colour space, or larger than `MOST_PIXELS`.
    """
    if not content:
        raise _fault("is empty (0 bytes)")
    if not is_raster(content):
        raise _fault(f"is neither PNG nor JPEG (it begins with {content[:9]!r})")
    chunks = _walk(content) if content.startswith(_PNG_SIGNATURE) else None
    if chunks:
        if chunks.plain:
            return _grey(_plain_png(chunks))
        _check_rows(chunks)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `check_size` is stricter
            image: Image.Image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        check_size(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise _fault("is animated; a radiograph is one image")
        _refuse_mode(image.mode)
        if image.format == "JPEG":
            image = _with_pixels(image, decode_jpeg(content, colour=image.mode == "RGB"))
        elif chunks and chunks.deep:
            image = _with_pixels(image, _shades(imagecodecs.png_decode(content)))
        return _grey(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError as error:
        raise _fault(f"has more than {MOST_PIXELS:,} pixels") from error
    except _FAULTS as error:
        raise _fault(f"cannot be decoded ({str(error).rstrip('.')})") from error


def check_size(width: int, height: int) -> None:
    """Refuse an image by the size that its header states.

    Raises:
        UndecodableImageError: it has no pixels, or more than `MOST_PIXELS`.
    """
    if width * height > MOST_PIXELS:
        raise _fault(f"has {width} x {height} pixels; at most {MOST_PIXELS:,} are read")
    if width * height == 0:
        raise _fault(f"has {width} x {height} pixels")


def _fault(reason: str) -> UndecodableImageError:
    return UndecodableImageError("image", reason)


def _refuse_mode(mode: str) -> None:
    if mode not in GREY_FROM and not mode.startswith("I;16"):
        raise _fault(f"has colour mode {mode}; grey, palette, RGB and RGBA are read")


def _with_pixels(image: Image.Image, pixels: NDArray[np.uint8]) -> Image.Image:
    """Return pixels with the metadata of the file, such as its orientation."""
    decoded = Image.fromarray(pixels)
    decoded.info.update(image.info)
    return decoded


def _shades(values: NDArray[np.unsignedinteger]) -> NDArray[np.uint8]:
    """Scale values of 16 bits to 8, without an alpha channel."""
    if values.ndim == 3:
        values = values[..., 0] if values.shape[2] == 2 else values[..., :3]
    top = (1 << max(8, int(range_of(values)[1]).bit_length())) - 1
    scaled = (np.minimum(values, top).astype(np.uint32) * 255 + top // 2) // top
    return np.asarray(scaled, dtype=np.uint8)


def _grey(image: Image.Image) -> Raster:
    if image.mode.startswith("I;16"):
        return Raster(_shades(np.asarray(image)), 0.0)
    if image.mode in ("P", "PA"):
        image = image.convert("RGB")
    if image.mode not in ("RGB", "RGBA"):
        return Raster(np.asarray(image if image.mode == "L" else image.convert("L")), 0.0)
    red, green, blue = (band.tobytes() for band in image.split()[:3])
    if red == green == blue:
        return Raster(np.frombuffer(red, np.uint8).reshape(image.height, image.width), 0.0)
    return Raster(np.asarray(image.convert("L")), _colourful(np.asarray(image)))


def _colourful(colours: NDArray[np.uint8]) -> float:
    channels = [colours[..., number].astype(np.int16) for number in range(3)]
    spread = np.maximum.reduce(channels) - np.minimum.reduce(channels)
    return float(np.count_nonzero(spread > APART) / spread.size)


def _walk(content: bytes) -> _Chunks:
    """Check the chunks of a PNG up to IEND: each complete and with its checksum."""
    position = len(_PNG_SIGNATURE)
    view = memoryview(content)
    header = b""
    parts: list[memoryview] = []
    as_is = True
    kind = b""
    while kind != b"IEND":
        if position + 12 > len(content):
            raise _fault("is cut short: the end of the PNG is missing")
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content):
            raise _fault("is cut short: the file ends inside its pixel data or header")
        if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise _fault("is damaged: a checksum of the PNG is wrong")
        if kind == b"IHDR" and not header:
            header = content[position + 8 : end - 4]
            if length != 13 or header[9] not in _PNG_SAMPLES:
                raise _fault("is damaged: the header of the PNG is wrong")
            check_size(*struct.unpack_from(">II", header))
        elif kind == b"IDAT":
            parts.append(view[position + 8 : end - 4])
        elif kind in (b"IHDR", b"eXIf", b"acTL", b"fcTL", b"fdAT"):
            as_is = False
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            as_is = as_is and not content.startswith(_TURNING, position + 8)
        position = end
    if not header:
        raise _fault("is damaged: the header of the PNG is wrong")
    depth, colour, compression, filtering, interlace = header[8:]
    common = (depth, compression, filtering, interlace) == (8, 0, 0, 0) and colour in _PLAIN_MODES
    return _Chunks(header, b"".join(parts), as_is and common, deep=depth == 16 and colour in (2, 4, 6))


def _plain_png(chunks: _Chunks) -> Image.Image:
    """Decode an 8-bit PNG without interlacing or palette in one call of Pillow's decoder.

    The decoder ends silently where the data end early, but it writes whole rows in order. So the last row is first
    filled with an unlikely colour; where it still has that colour, the data are inflated again and counted.
    """
    width, height = struct.unpack_from(">II", chunks.header)
    mode = _PLAIN_MODES[chunks.header[9]]
    last_row = (0, height - 1, width, height)
    image = Image.new(mode, (width, height), None)  # every row is written, or the image refused
    image.paste(_UNLIKELY[mode], last_row)
    try:
        image.frombytes(chunks.pixel_data, "zip", mode, 0)
    except _FAULTS as error:
        _check_rows(chunks)
        raise _fault(f"cannot be decoded ({str(error).rstrip('.')})") from error
    if (np.asarray(image.crop(last_row)) == np.array(_UNLIKELY[mode], np.uint8)).all():
        _check_rows(chunks)
    return image


def _check_rows(chunks: _Chunks) -> None:
    expected = _png_bytes(chunks.header)
    inflater = zlib.decompressobj()
    try:
        received = len(inflater.decompress(chunks.pixel_data, expected + 1))
    except zlib.error as error:
        raise _fault("is damaged: its pixel data cannot be decompressed") from error
    if received < expected:
        raise _fault(f"is incomplete: {received:,} of {expected:,} bytes of pixel data are there")


def _png_bytes(header: bytes) -> int:
    """Return the decompressed size of all scanlines, each with its filter byte, by the header alone."""
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    bits = depth * _PNG_SAMPLES[colour]
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns = -(-(width - left) // across)
        rows = -(-(height - top) // down)
        total += rows * (1 + -(-columns * bits // 8)) if columns > 0 and rows > 0 else 0
    return total
