"""Strict decoding of a compressed DICOM frame: JPEG, JPEG-LS, JPEG 2000.

Owns the choice of decoder and the check that a stream is complete: only padding may follow its end, and a JPEG that
makes the decoder warn is refused. `dicom` interprets the values.
Source: ITU-T T.81, B.1 (markers); T.87 (JPEG-LS); T.800, A.5 (JPEG 2000); docs/decisions/0012 (the decoders).
"""

import struct

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from protocols.images.folder import UndecodableImageError
from protocols.images.jpeg import decode_jpeg

JPEG_2000 = frozenset((JPEG2000Lossless, JPEG2000, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K))
SYNTAXES = JPEG_2000 | frozenset(
    (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless)
)
DECODER_FAULTS = (ValueError, RuntimeError, NotImplementedError, TypeError, MemoryError, struct.error)
END = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000 alike
PADDING = b"\0\xff \r\n"
JPEG_LS, SCAN = 0xF7, 0xDA
FRAMES = (0xC0, 0xC1, 0xC2, 0xC3, JPEG_LS)  # baseline, extended, progressive, lossless: they begin a frame
J2K_SIZE = b"\xff\x4f\xff\x51"


def decode_frame(
    frame: bytes, syntax: str, shape: tuple[int, int], *, signed_bits: int
) -> NDArray[np.integer]:
    """Decode one compressed frame.

    Args:
        frame: its bytes.
        syntax: the transfer syntax, one of `SYNTAXES`.
        shape: rows and columns that the header states.
        signed_bits: Bits Stored where the header states signed values, else 0.

    Returns:
        The values, of shape ``shape`` or ``(*shape, 3)`` (red, green, blue).

    Raises:
        UndecodableImageError: the stream is cut short, damaged, or of another size, kind or sign than is stated.
    """
    end = frame.rfind(END)
    if end < 0 or frame[end + len(END) :].strip(PADDING):
        raise _fault("is cut short: its compressed pixel data has no end")
    stream = frame[: end + len(END)]
    size_at = stream[:1024].find(J2K_SIZE)
    if (syntax in JPEG_2000) != (size_at >= 0):
        raise _fault("has compressed pixel data of another kind than its transfer syntax")
    try:
        pixels = (
            _jpeg_2000(stream, size_at, shape)
            if size_at >= 0
            else _jpeg(stream, shape, signed_bits=signed_bits)
        )
    except DECODER_FAULTS as error:
        raise _fault(f"has pixel data that cannot be decoded ({str(error).rstrip('.')})") from error
    if pixels.shape not in (shape, (*shape, 3)):
        raise _other_size(shape)
    if pixels.dtype.kind == "i" and not signed_bits and int(pixels.min()) < 0:
        raise _fault("contradicts itself: its compressed bits have a sign and its header says they have none")
    return pixels


def _jpeg_2000(stream: bytes, size_at: int, shape: tuple[int, int]) -> NDArray[np.integer]:
    right, bottom, left, top = struct.unpack_from(">4I", stream, size_at + 8)
    if (bottom - top, right - left) != shape:
        raise _other_size(shape)
    return np.asarray(imagecodecs.jpeg2k_decode(stream))


def _jpeg(stream: bytes, shape: tuple[int, int], *, signed_bits: int) -> NDArray[np.integer]:
    place = _frame_header(stream)
    precision, rows, columns, channels = struct.unpack_from(">BHHB", stream, place + 4)
    if (rows, columns) != shape or channels not in (1, 3):
        raise _other_size(shape)
    if stream[place + 1] == JPEG_LS:
        pixels = np.asarray(imagecodecs.jpegls_decode(stream))
    else:
        # The strict decoder reads 8 bits; the entropy coding of more is the same, so the header is made to say 8.
        pixels = decode_jpeg(stream[: place + 4] + b"\x08" + stream[place + 5 :], colour=channels == 3)
        pixels = pixels if precision == 8 else np.asarray(imagecodecs.jpeg8_decode(stream))
    # JPEG has no sign: decoders agree on signed values of 16 bits, not on those of fewer
    top = min(precision, signed_bits)
    if 0 < top < 16 and int(pixels.max()) >> (top - 1):
        raise _fault(
            f"contradicts itself: its {top} compressed bits have no sign and its header says they have"
        )
    return pixels


def _frame_header(stream: bytes) -> int:
    """Return the offset of the frame header, which states size and precision."""
    place = 2
    while stream[:2] == b"\xff\xd8" and place + 10 <= len(stream) and stream[place] == 0xFF:
        kind = stream[place + 1]
        if kind in FRAMES:
            return place
        if kind == SCAN:
            break
        place += 1 if kind == 0xFF else 2 + int.from_bytes(stream[place + 2 : place + 4], "big")
    raise _fault(
        "has compressed pixel data that are no JPEG, JPEG-LS or JPEG 2000, or of a kind that is not read"
    )


def _fault(reason: str) -> UndecodableImageError:
    return UndecodableImageError("image", reason)


def _other_size(shape: tuple[int, int]) -> UndecodableImageError:
    return _fault(f"has pixel data of another shape than the {shape[1]} x {shape[0]} that it states")
