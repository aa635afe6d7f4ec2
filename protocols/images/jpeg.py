"""Strict decoding of a JPEG stream: every byte of it must be needed.

libjpeg fills with grey what a damaged stream lacks and skips surplus bytes, with a warning that most programs ignore;
here both are refused. Source: ITU-T T.81, B.1.1 (markers, stuffed bytes).
"""

import re

import numpy as np
import simplejpeg
from numpy.typing import NDArray

SCAN, END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # in a scan: neither a stuffed byte nor a restart


def decode_jpeg(content: bytes, *, colour: bool) -> NDArray[np.uint8]:
    """Decode a JPEG of 8 bits; bytes after its end are ignored.

    Returns:
        uint8 of shape (rows, columns), with ``colour`` (rows, columns, 3).

    Raises:
        ValueError: the decoder warns, or bytes are left over before the end of the stream.
    """
    space = "RGB" if colour else "GRAY"
    pixels = simplejpeg.decode_jpeg(content, colorspace=space, strict=True)
    end = _end(content)
    data = content[:end].rstrip(b"\xff")
    shorter = data[: -2 if data.endswith(b"\xff\0") else -1] + b"\xff\xd9"
    try:
        # The decoder reads a few bytes ahead without reporting them, so the last byte must be one that it misses.
        simplejpeg.decode_jpeg(shorter, colorspace=space, strict=True)
    except ValueError:
        return np.asarray(pixels if colour else pixels[..., 0])
    raise ValueError("Corrupt JPEG data: bytes are left over before its end")


def _end(content: bytes) -> int:
    """Return the offset of the end marker."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        kind = content[place + 1]
        if kind == END:
            return place
        place += 1 if kind == 0xFF else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        if kind == SCAN and (after := _MARKER.search(content, place)):
            place = after.end() - 2
    return content.rfind(b"\xff\xd9")
