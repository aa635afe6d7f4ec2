"""Decoding PNG and JPEG: each kind of damage on a file made here, each conversion by hand."""

import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from protocols.images.decode import read_image
from protocols.images.folder import UndecodableImageError
from protocols.images.png_jpeg import MOST_PIXELS, decode_raster

GREY = np.arange(40 * 30, dtype=np.uint32).reshape(40, 30).astype(np.uint8)


def pillow_bytes(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def encoded(pixels: np.ndarray, form: str = "PNG", **options: object) -> bytes:
    return pillow_bytes(Image.fromarray(pixels), form, **options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    *, width: int, height: int, data: bytes, depth: int = 8, colour: int = 0, interlace: int = 0
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def rows(count: int, width: int) -> bytes:
    return (b"\0" + b"\x80" * width) * count


def flipped(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


def animated() -> bytes:
    first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
    return pillow_bytes(first, save_all=True, append_images=[second])


WHOLE = encoded(GREY)
PHOTO = encoded(GREY, "JPEG", quality=95)
DAMAGED = {
    "empty": (b"", "is empty (0 bytes)"),
    "html named png": (
        b"<!DOCTYPE html><html></html>",
        "neither PNG, JPEG nor DICOM (it begins with b'<!DOCTYPE')",
    ),
    "signature alone": (WHOLE[:8], "cut short: the end of the PNG is missing"),
    "half a png": (WHOLE[: len(WHOLE) // 2], "cut short: the file ends inside"),
    "no IEND": (WHOLE[:-12], "cut short: the end of the PNG is missing"),
    "bad checksum": (flipped(WHOLE, WHOLE.index(b"IDAT") + 20), "a checksum of the PNG is wrong"),
    "64 of 200 rows": (png(width=50, height=200, data=rows(64, 50)), "3,264 of 10,200 bytes"),
    "no pixel data": (png(width=50, height=200, data=b""), "0 of 10,200 bytes"),
    "rubbish inside": (
        WHOLE[:33] + chunk(b"IDAT", b"rubbish") + chunk(b"IEND", b""),
        "pixel data cannot be decompressed",
    ),
    "colour type 5": (png(width=1, height=1, data=rows(1, 1), colour=5), "the header of the PNG is wrong"),
    "bomb by its header": (png(width=100_000, height=100_000, data=b""), "at most 60,000,000 are read"),
    "half a jpeg": (PHOTO[: len(PHOTO) // 2], "cannot be decoded"),
    "jpeg without its end": (PHOTO[:-2], "cannot be decoded"),
    "animated": (animated(), "is animated"),
    "four inks": (pillow_bytes(Image.new("CMYK", (8, 8)), "JPEG"), "colour mode CMYK"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_file_is_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    content, reason = DAMAGED[name]
    path = tmp_path / "image.png"
    path.write_bytes(content)
    with pytest.raises(UndecodableImageError) as refusal:
        read_image(path)
    assert reason in refusal.value.reason
    assert str(path) not in refusal.value.reason and "\n" not in str(refusal.value)


def test_file_that_is_not_there_is_undecodable(tmp_path: Path) -> None:
    with pytest.raises(
        UndecodableImageError, match=r"nothing.png: cannot be read \(No such file or directory\)"
    ):
        read_image(tmp_path / "nothing.png")


def test_size_limit_is_below_pillows_own() -> None:
    assert Image.MAX_IMAGE_PIXELS is not None and MOST_PIXELS < Image.MAX_IMAGE_PIXELS


def colour(*, alpha: int | None = None) -> np.ndarray:
    channels = [GREY, GREY, GREY] if alpha is None else [GREY, GREY, GREY, np.full_like(GREY, alpha)]
    return np.stack(channels, axis=-1)


RED = np.zeros((4, 4, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
CONVERSIONS = {
    "grey png": (WHOLE, GREY),
    "grey stored as RGB": (encoded(colour()), GREY),
    "RGBA, transparent: alpha is dropped": (encoded(colour(alpha=0)), GREY),
    "grey with alpha": (pillow_bytes(Image.fromarray(colour(alpha=9)).convert("LA")), GREY),
    "palette": (pillow_bytes(Image.fromarray(GREY).convert("P")), GREY),
    # 0.299 * 255 = 76.2
    "red by luma": (encoded(RED), np.full((4, 4), 76, np.uint8)),
    "one bit": (encoded(np.array([[True, False]])), np.array([[255, 0]], np.uint8)),
    # 16 bits in use: 65535 -> 255, 257 -> 1, 128 -> 0.498 -> 0
    "16 bits": (encoded(np.array([[0, 128, 257, 65535]], np.uint16)), np.array([[0, 0, 1, 255]], np.uint8)),
    # 12 bits in use: 4095 -> 255, 2048 -> 127.53 -> 128
    "12 bits in 16": (encoded(np.array([[0, 2048, 4095]], np.uint16)), np.array([[0, 128, 255]], np.uint8)),
    # 8 bits in use stay as they are
    "8 bits in 16": (encoded(np.array([[0, 7, 200]], np.uint16)), np.array([[0, 7, 200]], np.uint8)),
    "interlaced": (png(width=1, height=1, data=b"\0\x07", interlace=1), np.array([[7]], np.uint8)),
}


DEEP = np.linspace(0, 3597, 1200).astype(np.uint16).reshape(40, 30)  # 12 bits in use
ALIKE = {
    "colour": np.stack([DEEP] * 3, axis=-1),
    "grey with alpha": np.stack([DEEP, np.full_like(DEEP, 65535)], axis=-1),
    "colour with alpha": np.stack([DEEP] * 3 + [np.full_like(DEEP, 9)], axis=-1),
}


@pytest.mark.parametrize("name", ALIKE)
def test_deep_colour_is_scaled_as_deep_grey_by_hand(name: str) -> None:
    """3597 is the largest: 12 bits, so that x becomes 255 x / 4095."""
    raster = decode_raster(bytes(imagecodecs.png_encode(ALIKE[name])))
    np.testing.assert_array_equal(raster.pixels, np.rint(DEEP.astype(float) * 255 / 4095))
    assert raster.colourful == 0.0


def test_deep_colour_is_luma_by_hand() -> None:
    red = np.zeros((4, 4, 3), np.uint16) + np.array([65535, 0, 0], np.uint16)
    raster = decode_raster(bytes(imagecodecs.png_encode(red)))
    assert ((raster.pixels == 76).all(), raster.colourful) == (True, 1.0)


@pytest.mark.parametrize("level", [20_000, 32_767, 65_535])
def test_marker_in_deep_grey_does_not_compress_the_range_by_hand(level: int) -> None:
    marked = DEEP.copy()
    marked[0, :6] = level
    pixels = decode_raster(encoded(marked)).pixels
    np.testing.assert_array_equal(pixels[1:], np.rint(DEEP[1:].astype(float) * 255 / 4095))
    assert (pixels[0, :6] == 255).all()


SMOOTH = np.random.default_rng(5).normal(0, 9, (96, 80)).cumsum(axis=1).clip(-120, 120).astype(np.int16) + 128
STREAMS = {"grey": {}, "progressive": {"progressive": True}, "restarts": {"restart_marker_rows": 1}}


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("colours", [False, True])
def test_jpeg_against_pillow(kind: str, colours: bool) -> None:
    pixels = SMOOTH.astype(np.uint8)
    given = np.stack([pixels, pixels[::-1], pixels], axis=-1) if colours else pixels
    content = encoded(given, "JPEG", quality=90, **STREAMS[kind])
    expected = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    np.testing.assert_array_equal(decode_raster(content).pixels, expected)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("kept", [0.5, 0.8, 0.97])
def test_part_of_a_jpeg_with_a_pasted_end_is_refused(kind: str, kept: float) -> None:
    content = encoded(SMOOTH.astype(np.uint8), "JPEG", quality=90, **STREAMS[kind])
    with pytest.raises(UndecodableImageError, match="Corrupt JPEG data"):
        decode_raster(content[: int(kept * len(content))] + b"\xff\xd9")


@pytest.mark.parametrize("start", [0.3, 0.6, 0.7, 0.9])
def test_jpeg_with_60_bytes_cleared_is_refused(start: float) -> None:
    """Damage that leaves a stream of as many blocks, which is rare, cannot be detected."""
    content = bytearray(encoded(SMOOTH.astype(np.uint8), "JPEG", quality=90))
    place = int(start * len(content))
    content[place : place + 60] = bytes(60)
    with pytest.raises(UndecodableImageError, match="Corrupt JPEG data"):
        decode_raster(bytes(content))


@pytest.mark.parametrize("length", [1, 5, 40])
def test_jpeg_with_bytes_too_many_is_refused(length: int) -> None:
    content = encoded(SMOOTH.astype(np.uint8), "JPEG", quality=90)
    with pytest.raises(UndecodableImageError, match="Corrupt JPEG data"):
        decode_raster(content[:-2] + b"\x12" * length + content[-2:])


@pytest.mark.parametrize("tail", [b"\xff\xff", b"PK\x03\x04" + bytes(40), b"\0"])
def test_what_follows_a_jpeg_changes_nothing_against_itself(tail: bytes) -> None:
    np.testing.assert_array_equal(decode_raster(PHOTO + tail).pixels, decode_raster(PHOTO).pixels)


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversion_to_grey_by_hand(name: str) -> None:
    content, expected = CONVERSIONS[name]
    pixels = decode_raster(content).pixels
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, expected)


PLAIN = {"L": (0, 1), "RGB": (2, 3), "LA": (4, 2), "RGBA": (6, 4)}  # mode -> colour type, samples per pixel


@pytest.mark.parametrize("mode", PLAIN)
@pytest.mark.parametrize("fill", [0, 1, 255])
def test_plain_png_with_a_row_missing_is_refused_whatever_its_fill(mode: str, fill: int) -> None:
    colour, samples = PLAIN[mode]
    row = b"\0" + bytes([fill]) * 9 * samples
    whole = png(width=9, height=7, data=row * 7, colour=colour)
    assert (decode_raster(whole).pixels == fill).all()
    for data in (row * 6, row * 7 + row[:-1], row[:-1], b""):
        content = png(width=9, height=8, data=data, colour=colour)
        with pytest.raises(UndecodableImageError, match="is incomplete"):
            decode_raster(content)


@given(
    st.sampled_from(sorted(PLAIN)),
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 9),
    st.integers(0, 2**32),
)
def test_plain_png_against_pillow(mode: str, width: int, height: int, level: int, seed: int) -> None:
    shape = (height, width, PLAIN[mode][1])
    smooth = np.random.default_rng(seed).integers(0, 9, shape).cumsum(axis=1).astype(np.uint8)
    image = Image.fromarray(smooth[..., 0] if mode == "L" else smooth, mode)
    content = pillow_bytes(image, compress_level=level)
    expected = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    np.testing.assert_array_equal(decode_raster(content).pixels, expected)


@given(st.data())
def test_damaged_png_is_refused_or_whole(data: st.DataObject) -> None:
    """With corrected checksums, so that only the pixel data show the damage."""
    packed = bytearray(zlib.compress(rows(20, 30)))
    packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    header = struct.pack(">IIBBBBB", 30, 20, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", bytes(packed)) + chunk(b"IEND", b"")
    try:
        pixels = decode_raster(b"\x89PNG\r\n\x1a\n" + chunks).pixels
    except UndecodableImageError:
        return
    assert pixels.shape == (20, 30)


COLOURS = {
    "grey": (colour(), 0.0),
    "grey with alpha": (colour(alpha=3), 0.0),
    "red": (RED, 1.0),
    "31 levels apart": (np.full((4, 4, 3), 100, np.uint8) + np.array([0, 0, 31], np.uint8), 0.0),
    "33 levels apart in a quarter": (
        np.full((4, 4, 3), 100, np.uint8)
        + np.array([0, 33, 0], np.uint8) * (np.arange(4) == 2).astype(np.uint8)[:, None],
        0.25,
    ),
}


@pytest.mark.parametrize("name", COLOURS)
def test_colourful_proportion_by_hand(name: str) -> None:
    pixels, expected = COLOURS[name]
    assert decode_raster(encoded(pixels)).colourful == expected


def test_grey_as_colour_jpeg_is_grey() -> None:
    raster = decode_raster(encoded(colour(), "JPEG", quality=50))
    assert raster.colourful == 0.0


def test_orientation_in_a_text_chunk_is_applied() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    body = turned.tobytes()
    text = b"\nexif\n%8d\n" % len(body) + body.hex().encode() + b"\n"
    block = chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    content = WHOLE[:33] + block + WHOLE[33:]
    np.testing.assert_array_equal(decode_raster(content).pixels, np.rot90(GREY, k=-1))


def adam7(pixels: np.ndarray) -> bytes:
    """The scanlines of the seven passes, written from the specification's 8 x 8 figure."""
    figure = np.array(
        [
            [1, 6, 4, 6, 2, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [3, 6, 4, 6, 3, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
        ]
    )
    height, width = pixels.shape
    passes = np.tile(figure, (height // 8 + 1, width // 8 + 1))[:height, :width]
    lines = [
        b"\0" + pixels[row][passes[row] == number].tobytes()
        for number in range(1, 8)
        for row in range(height)
        if (passes[row] == number).any()
    ]
    return b"".join(lines)


@pytest.mark.parametrize("size", [(40, 30), (8, 8), (5, 3), (1, 9), (3, 1)])
def test_interlaced_png_by_the_specification(size: tuple[int, int]) -> None:
    pixels = GREY[: size[0], : size[1]]
    whole = png(width=size[1], height=size[0], data=adam7(pixels), interlace=1)
    np.testing.assert_array_equal(decode_raster(whole).pixels, pixels)
    short = png(width=size[1], height=size[0], data=adam7(pixels)[:-1], interlace=1)
    with pytest.raises(UndecodableImageError, match="is incomplete"):
        decode_raster(short)


def test_exif_orientation_is_applied() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by 90 degrees clockwise for display
    content = pillow_bytes(Image.fromarray(GREY), exif=turned)
    np.testing.assert_array_equal(decode_raster(content).pixels, np.rot90(GREY, k=-1))


def test_real_images_of_each_kind(shared_data: Path) -> None:
    originals = sorted((shared_data / "nih" / "images-1024").rglob("*.png"))
    assert {read_image(path).pixels.shape for path in originals} == {(1024, 1024)}
