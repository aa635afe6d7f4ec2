"""Decoding DICOM: shades by hand, windows against pydicom, and each refusal on a file made here."""

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_voi, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from protocols.images.decode import read_image
from protocols.images.dicom import decode_dicom
from protocols.images.folder import UndecodableImageError
from tests.protocols.cohorts.dicom_files import dataset_of, dicom_bytes

SHADES = np.arange(72 * 64, dtype=np.uint32).reshape(72, 64).astype(np.uint8)
ROW = np.array([[0, 1000, 2000, 3000, 4095]], dtype=np.uint16)


def shades(dataset: Dataset, **options: str) -> np.ndarray:
    return decode_dicom(dicom_bytes(dataset, **options))[0]


def compressed(syntax: str, pixels: np.ndarray = SHADES, *, photometric: str = "MONOCHROME2") -> bytes:
    dataset = dataset_of(pixels, photometric=photometric)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if syntax == RLELossless:
        dataset.compress(syntax, generate_instance_uid=False)
        return dicom_bytes(dataset)
    if syntax == JPEGBaseline8Bit:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
        stream = buffer.getvalue()
    else:
        exact = {"level": 0, "reversible": True} if syntax == JPEG2000Lossless else {"level": 90}
        stream = bytes(imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", **exact))
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    return dicom_bytes(dataset)


def test_real_files_are_each_others_negative(shared_data: Path) -> None:
    one, other = (read_image(path) for path in sorted((shared_data / "dicom").glob("*.dcm")))
    np.testing.assert_array_equal(one.pixels, 255 - other.pixels)
    assert one.pixels.shape == (1024, 1024) and one.pixels.std() > 30
    header = other.header
    assert (header.modality, header.body_part, header.view, header.age_years) == ("CR", "CHEST", "PA", 62.0)


def test_real_pixels_inverted_and_relabelled_are_the_same_image(shared_data: Path) -> None:
    path = next(path for path in (shared_data / "dicom").glob("1.2*.dcm"))
    dataset = pydicom.dcmread(path)
    dataset.decompress(decoding_plugin="pillow")
    dataset.PixelData = (255 - dataset.pixel_array).tobytes()
    dataset.PhotometricInterpretation = "MONOCHROME1"
    np.testing.assert_array_equal(shades(dataset), read_image(path).pixels)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_lossless_syntaxes_keep_every_pixel(syntax: str) -> None:
    np.testing.assert_array_equal(decode_dicom(compressed(syntax))[0], SHADES)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000])
def test_lossy_syntaxes_keep_the_image(syntax: str) -> None:
    smooth = np.add.outer(np.arange(64), np.arange(48)).astype(np.uint8)
    pixels = decode_dicom(compressed(syntax, smooth))[0]
    assert np.abs(pixels.astype(int) - smooth).max() <= 3
    negative = decode_dicom(compressed(syntax, smooth, photometric="MONOCHROME1"))[0]
    np.testing.assert_array_equal(negative, 255 - pixels)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_uncompressed_syntaxes_agree(syntax: str) -> None:
    np.testing.assert_array_equal(shades(dataset_of(SHADES), syntax=syntax), SHADES)


def test_big_endian_by_hand() -> None:
    dataset = dataset_of(ROW, bits=12, WindowCenter=2048, WindowWidth=4096)
    dataset.PixelData = ROW.astype(">u2").tobytes()
    little = shades(dataset_of(ROW, bits=12, WindowCenter=2048, WindowWidth=4096))
    np.testing.assert_array_equal(shades(dataset, syntax=ExplicitVRBigEndian), little)


LUT = Dataset()
LUT.LUTDescriptor = [4, 1000, 16]  # first mapped value 1000
LUT.LUTData = np.array([0, 1023, 2047, 4095], "<u2").tobytes()  # 12 bits in use, though 16 are stated
HAND = {
    # 8 bits keep their full range: as PNG
    "8 bits": (dataset_of(np.array([[10, 200]])), [[10, 200]]),
    "8 bits, dark is high": (dataset_of(np.array([[10, 200]]), photometric="MONOCHROME1"), [[245, 55]]),
    # more bits: smallest to largest; 1000 of 0..4095 is 62.3
    "12 bits": (dataset_of(ROW, bits=12), [[0, 62, 125, 187, 255]]),
    "16 bits stated, 12 used": (dataset_of(ROW, bits=16), [[0, 62, 125, 187, 255]]),
    # padding is not part of the range: 1000..3000, and black also where dark is high
    "padding": (
        dataset_of(ROW, bits=12, PixelPaddingValue=0, PixelPaddingRangeLimit=999),
        [[0, 0, 82, 165, 255]],
    ),
    "padding, dark is high": (
        dataset_of(ROW, bits=12, photometric="MONOCHROME1", PixelPaddingValue=4095),
        [[255, 170, 85, 0, 0]],
    ),
    # LINEAR: (x - 1999.5) / 2000 + 0.5; 1000 -> 0.00025, 2000 -> 0.50025
    "window": (dataset_of(ROW, bits=12, WindowCenter=2000, WindowWidth=2001), [[0, 0, 128, 255, 255]]),
    # one wide: all above 1999.5 is white
    "window of one value": (
        dataset_of(ROW, bits=12, WindowCenter=2000, WindowWidth=1),
        [[0, 0, 255, 255, 255]],
    ),
    "first of two windows": (
        dataset_of(ROW, bits=12, WindowCenter=[2000, 1], WindowWidth=[2001, 2]),
        [[0, 0, 128, 255, 255]],
    ),
    # LINEAR_EXACT: (x - 2000) / 4000 + 0.5
    "exact window": (
        dataset_of(ROW, bits=12, WindowCenter=2000, WindowWidth=4000, VOILUTFunction="LINEAR_EXACT"),
        [[0, 64, 128, 191, 255]],
    ),
    # 1 / (1 + exp(-4 (x - 2000) / 4000)): 0.1192, 0.2689, 0.5, 0.7311, 0.8905
    "sigmoid": (
        dataset_of(ROW, bits=12, WindowCenter=2000, WindowWidth=4000, VOILUTFunction="SIGMOID"),
        [[30, 69, 128, 186, 227]],
    ),
    # rescaled to -1024..3071: the window is of rescaled values
    "rescaled": (
        dataset_of(ROW, bits=12, RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=976, WindowWidth=2001),
        [[0, 0, 128, 255, 255]],
    ),
    # a slope counts with an intercept of 0: 0..8190
    "slope alone": (
        dataset_of(ROW, bits=12, RescaleSlope=2, RescaleIntercept=0, WindowCenter=4000, WindowWidth=4001),
        [[0, 0, 128, 255, 255]],
    ),
    # 1000 is the first entry, 1001 and 1002 the next, all above the last
    "look-up table": (
        dataset_of(
            np.array([[0, 1001, 1002, 4000]]),
            bits=12,
            VOILUTSequence=Sequence([LUT]),
            WindowCenter=1,
            WindowWidth=2,
        ),
        [[0, 64, 127, 255]],
    ),
    "signed": (
        dataset_of(np.array([[-1000, 0, 1000]]), bits=12, WindowCenter=0.5, WindowWidth=2001),
        [[0, 128, 255]],
    ),
    # four overlay bits above the twelve stored
    "overlay bits": (dataset_of(ROW | 0x8000, bits=12), [[0, 62, 125, 187, 255]]),
    # twelve bits in the upper part of sixteen
    "high bit": (dataset_of(ROW << 4, bits=12, HighBit=15), [[0, 62, 125, 187, 255]]),
    "window of no width": (dataset_of(ROW, bits=12, WindowCenter=1, WindowWidth=0), [[0, 62, 125, 187, 255]]),
    "all of one value": (dataset_of(np.full((1, 2), 700), bits=12), [[0, 0]]),
}


def table(entries: list[int], bits: int, *, first: int = 0, packed: bool = False, vr: str = "OW") -> Sequence:
    """Make a look-up table with one word per entry, or with two entries of 8 bits per word."""
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    data = np.array(entries, "u1" if packed else "<u2").tobytes()
    item.add_new(
        "LUTData",
        vr,
        data + b"\0" * (len(data) % 2) if vr == "OW" else list(np.frombuffer(data, "<u2").tolist()),
    )
    return Sequence([item])


FOUR = np.array([[0, 1, 2, 3]])
TABLES = {
    # 4 entries of 8 bits, one word each: 255 is the largest of 8 bits
    "8 bits in words": (FOUR, table([0, 10, 200, 255], 8), [[0, 10, 200, 255]]),
    "8 bits in numbers": (FOUR, table([0, 10, 200, 255], 8, vr="US"), [[0, 10, 200, 255]]),
    "8 bits packed": (FOUR, table([0, 10, 200, 255], 8, packed=True), [[0, 10, 200, 255]]),
    "8 bits packed in numbers": (
        FOUR,
        table([0, 10, 200, 255], 8, packed=True, vr="US"),
        [[0, 10, 200, 255]],
    ),
    "an odd number packed": (FOUR, table([0, 10, 255], 8, packed=True), [[0, 10, 255, 255]]),
    "8 bits stated, 12 in use": (FOUR, table([0, 1023, 2047, 4095], 8), [[0, 64, 127, 255]]),
    "10 bits": (FOUR, table([0, 256, 512, 1023], 10), [[0, 64, 128, 255]]),
    "first below 0": (FOUR - 2, table([0, 10, 200, 255], 8, first=-2), [[0, 10, 200, 255]]),
}


@pytest.mark.parametrize("name", TABLES)
def test_voi_table_by_hand(name: str) -> None:
    stored, voi, expected = TABLES[name]
    np.testing.assert_array_equal(shades(dataset_of(stored, bits=12, VOILUTSequence=voi)), expected)


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("first", [0, 1200])
def test_voi_table_against_pydicom(bits: int, first: int) -> None:
    entries = np.linspace(0, (1 << bits) - 1, 2000).astype(int).tolist()
    values = np.arange(0, 4096, 37, dtype=np.uint16)[None, :]
    dataset = dataset_of(values, bits=12, VOILUTSequence=table(entries, bits, first=first, vr="US"))
    theirs = np.rint(apply_voi(values, dataset) / ((1 << bits) - 1) * 255)
    np.testing.assert_array_equal(shades(dataset), theirs)


@pytest.mark.parametrize("packed", [False, True])
def test_modality_table_by_hand(packed: bool) -> None:
    modality = table([255, 100, 50, 0], 8, packed=packed)
    dataset = dataset_of(FOUR, bits=12, ModalityLUTSequence=modality, WindowCenter=128, WindowWidth=256)
    np.testing.assert_array_equal(shades(dataset), [[255, 100, 50, 0]])


def with_overlay(stored: np.ndarray, *positions: int, **tags: object) -> Dataset:
    dataset = dataset_of(stored, bits=12, **tags)
    for number, position in enumerate(positions):
        dataset.add_new((0x6000 + 2 * number, 0x0102), "US", position)
    return dataset


LOW = [[0, 62, 125, 187, 255]]
BITS = {
    "overlay in the next bit": (with_overlay(ROW | 0x1000, 12), LOW),
    "two overlays": (with_overlay(ROW | 0x3000, 12, 13), LOW),
    "overlay below": (with_overlay(ROW << 4 | 1, 0, HighBit=15), LOW),
    "padding beyond the bits": (
        dataset_of(np.array([[0, 2000, 0xFFFF]]), bits=12, PixelPaddingValue=0xFFFF),
        [[0, 255, 0]],
    ),
    "sign carried on": (dataset_of(np.array([[-2048, 0, 2047]]), bits=12), [[0, 128, 255]]),
}


@pytest.mark.parametrize("name", BITS)
def test_bits_outside_the_stored_by_hand(name: str) -> None:
    dataset, expected = BITS[name]
    np.testing.assert_array_equal(shades(dataset), expected)


ABOVE = {
    "10 stated, 12 in use": (dataset_of(ROW, bits=10), "above the 10 bits"),
    "12 stated, 14 in use": (dataset_of(ROW << 2, bits=12), "above the 12 bits"),
    "one pixel": (dataset_of(np.array([[0, 1, 1024]]), bits=10), "above the 10 bits"),
    "another overlay": (with_overlay(ROW | 0x1000, 13), "above the 12 bits"),
    "signed": (dataset_of(np.array([[-4000, 0, 3]]), bits=12), "above the 12 bits"),
    "bits below": (dataset_of(ROW << 4 | 1, bits=12, HighBit=15), "below the 12 bits"),
}


@pytest.mark.parametrize("name", ABOVE)
def test_values_outside_the_stated_bits_are_refused_by_hand(name: str) -> None:
    dataset, reason = ABOVE[name]
    with pytest.raises(UndecodableImageError, match=reason):
        shades(dataset)


def marked(level: int, *, share: float = 0.005) -> np.ndarray:
    """Make a ramp of 12 bits, row by row, with a marker of one value in its first pixels."""
    pixels = np.tile(np.linspace(0, 4095, 200), (200, 1)).astype(np.int32)
    pixels.ravel()[: int(share * pixels.size)] = level
    return pixels


@pytest.mark.parametrize("level", [16383, 32767, 65535])
def test_marker_does_not_compress_the_range_by_hand(level: int) -> None:
    plain = shades(dataset_of(marked(0, share=0), bits=16))
    with_marker = shades(dataset_of(marked(level), bits=16))
    np.testing.assert_array_equal(with_marker[1:], plain[1:])
    assert (with_marker[0] == 255).all()


@pytest.mark.parametrize("shape", ["IDENTITY", "INVERSE"])
def test_presentation_shape_by_hand(shape: str) -> None:
    """As in dcmtk: INVERSE inverts an image once, whatever its photometric interpretation."""
    values, turned = np.array([[0, 10, 255]]), np.array([[255, 245, 0]])
    bright = shades(dataset_of(values, PresentationLUTShape=shape))
    np.testing.assert_array_equal(bright, turned if shape == "INVERSE" else values)
    dark = dataset_of(values, photometric="MONOCHROME1", PresentationLUTShape=shape)
    if shape == "INVERSE":
        np.testing.assert_array_equal(shades(dark), turned)
    else:
        with pytest.raises(UndecodableImageError, match="contradicts itself"):
            shades(dark)


def coloured(channels: np.ndarray, photometric: str, **tags: object) -> Dataset:
    dataset = dataset_of(channels[..., 0], photometric=photometric, SamplesPerPixel=3, PlanarConfiguration=0)
    dataset.PixelData = channels.astype(np.uint8).tobytes()
    for name, cell in tags.items():
        setattr(dataset, name, cell)
    return dataset


GREY_RGB = np.stack([SHADES] * 3, axis=-1)
GREY_YBR = np.stack([SHADES, *[np.full_like(SHADES, 128)] * 2], axis=-1)
GREYS = {
    "RGB": coloured(GREY_RGB, "RGB"),
    "RGB by planes": coloured(
        GREY_RGB.transpose(2, 0, 1).reshape(GREY_RGB.shape), "RGB", PlanarConfiguration=1
    ),
    "YBR": coloured(GREY_YBR, "YBR_FULL"),
}


@pytest.mark.parametrize("name", GREYS)
def test_colour_of_equal_channels_is_grey_by_hand(name: str) -> None:
    np.testing.assert_array_equal(shades(GREYS[name]), SHADES)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_colour_is_refused_by_hand(photometric: str) -> None:
    channels = GREY_RGB.copy() if photometric == "RGB" else GREY_YBR.copy()
    channels[5, 5, 2] ^= 64
    with pytest.raises(UndecodableImageError, match="is in colour"):
        shades(coloured(channels, photometric))


ENDS = [b"", b"\xff\xff", b"\0\0", b"  ", b"\xff" * 4096]


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1])
@pytest.mark.parametrize("end", ENDS, ids=["none", "FF", "zeros", "blanks", "many"])
def test_padding_after_the_end_changes_nothing_against_itself(syntax: UID, end: bytes) -> None:
    whole = framed(syntax, stream_of(syntax))
    np.testing.assert_array_equal(
        decode_dicom(framed(syntax, stream_of(syntax) + end))[0], decode_dicom(whole)[0]
    )


SMOOTH = np.random.default_rng(3).normal(0, 9, (64, 48)).cumsum(axis=1).clip(-120, 120).astype(np.int16) + 128


def stream_of(syntax: UID) -> bytes:
    pixels = SMOOTH.astype(np.uint8)
    if syntax == JPEGBaseline8Bit:
        return bytes(imagecodecs.jpeg8_encode(pixels, level=95))
    if syntax == JPEGLSLossless:
        return bytes(imagecodecs.jpegls_encode(pixels))
    if syntax == JPEGLosslessSV1:
        return bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=1))
    return bytes(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, codecformat="j2k"))


def framed(syntax: UID, stream: bytes, *, bits: int = 8, pixels: np.ndarray = SMOOTH) -> bytes:
    dataset = dataset_of(pixels, bits=bits)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    return dicom_bytes(dataset)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1])
@pytest.mark.parametrize(
    "pasted", [b"", b"\xff\xd9", b"\xff\xd9\xff\xff"], ids=["cut", "end", "end and padding"]
)
@pytest.mark.parametrize("kept", [0.5, 0.8, 0.98])
def test_short_stream_is_refused_by_hand(syntax: UID, pasted: bytes, kept: float) -> None:
    stream = stream_of(syntax)
    with pytest.raises(UndecodableImageError):
        decode_dicom(framed(syntax, stream[: int(kept * len(stream))] + pasted))


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("predictor", [1, 4, 7])
def test_lossless_jpeg_keeps_every_value(bits: int, predictor: int) -> None:
    pixels = (SMOOTH.astype(np.uint16) << (bits - 8)) + 1
    stream = bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, bitspersample=bits, predictor=predictor))
    whole = decode_dicom(framed(JPEGLossless, stream, bits=bits, pixels=pixels))[0]
    np.testing.assert_array_equal(whole, shades(dataset_of(pixels, bits=bits)))


def test_htj2k_keeps_every_value() -> None:
    pixels = SMOOTH.astype(np.uint16) << 4
    content = framed(HTJ2KLossless, bytes(imagecodecs.htj2k_encode(pixels)), bits=12, pixels=pixels)
    np.testing.assert_array_equal(decode_dicom(content)[0], shades(dataset_of(pixels, bits=12)))


@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
def test_grey_stored_as_colour_jpeg_is_grey_against_pillow(subsampling: str) -> None:
    colours = np.stack([SMOOTH.astype(np.uint8)] * 3, axis=-1)
    stream = bytes(imagecodecs.jpeg8_encode(colours, level=95, subsampling=subsampling))
    dataset = pydicom.dcmread(io.BytesIO(framed(JPEGBaseline8Bit, stream)))
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = (
        3,
        "YBR_FULL_422",
        0,
    )
    expected = np.asarray(Image.open(io.BytesIO(stream)).convert("L"))
    np.testing.assert_array_equal(decode_dicom(dicom_bytes(dataset))[0], expected)


def test_compressed_values_with_a_doubtful_sign_are_refused_by_hand() -> None:
    """Some decoders take the highest of 12 bits for a sign, others do not."""
    pixels = SMOOTH.astype(np.uint16) << 4
    content = framed(JPEGLSLossless, bytes(imagecodecs.jpegls_encode(pixels)), bits=12, pixels=pixels)
    dataset = pydicom.dcmread(io.BytesIO(content))
    dataset.PixelRepresentation = 1
    with pytest.raises(UndecodableImageError, match="contradicts itself"):
        decode_dicom(dicom_bytes(dataset))


@pytest.mark.parametrize("name", HAND)
def test_shades_by_hand(name: str) -> None:
    dataset, expected = HAND[name]
    np.testing.assert_array_equal(shades(dataset), np.array(expected, np.uint8))


@given(st.floats(-500, 4500), st.floats(50, 5000), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]))
def test_window_against_pydicom(centre: float, width: float, function: str) -> None:
    values = np.arange(0, 4096, 37, dtype=np.uint16)[None, :]
    cells = {"WindowCenter": round(centre, 3), "WindowWidth": round(width, 3), "VOILUTFunction": function}
    dataset = dataset_of(values, bits=12, **cells)
    theirs = apply_windowing(values, dataset) / 4095 * 255
    assert np.abs(shades(dataset) - theirs).max() <= 0.5 + 1e-6


@given(st.lists(st.integers(0, 4095), min_size=2, max_size=40))
def test_monochrome1_is_the_negative_against_itself(values: list[int]) -> None:
    stored = np.array([values], np.uint16)
    bright, dark = (shades(dataset_of(stored, bits=12, photometric=f"MONOCHROME{n}")) for n in (2, 1))
    if len(set(values)) > 1:
        assert np.abs(bright.astype(int) + dark - 255).max() <= 1  # a half may be rounded either way


def without(*names: str, **tags: object) -> bytes:
    return dicom_bytes(dataset_of(SHADES, **dict.fromkeys(names), **tags))


def of_syntax(uid: str) -> bytes:
    """Make a file that states another transfer syntax, of the same length, than it is written in."""
    content = dicom_bytes(dataset_of(SHADES))
    stated = b"1.2.840.10008.1.2.1\0"
    assert content.count(stated) == 1
    return content.replace(stated, uid.encode().ljust(len(stated), b"\0"))


WHOLE = dicom_bytes(dataset_of(SHADES))
WINDOWED = dicom_bytes(
    dataset_of(ROW, bits=12, WindowCenter=2000, WindowWidth=3000, RescaleSlope=1, RescaleIntercept=500)
)
REFUSED = {
    "window that is no number": (WINDOWED.replace(b"2000", b"2 00"), "WindowCenter that is no number"),
    "width that is no number": (WINDOWED.replace(b"3000", b"3O00"), "WindowWidth that is no number"),
    "intercept that is no number": (WINDOWED.replace(b"500", b"5-0"), "RescaleIntercept that is no number"),
    "empty": (b"", "is empty"),
    "text": (b"<html></html>" * 20, "neither PNG, JPEG nor DICOM"),
    "preamble alone": (WHOLE[:132], "describes no image"),
    "preamble and rubbish": (WHOLE[:132] + b"\xff" * 300, "DICOM"),
    "half a header": (WHOLE[:300], "not a complete DICOM file"),
    "no pixels": (without("PixelData"), "has no pixels"),
    "no rows": (without("Rows", "BitsStored"), "lacks Rows (0028,0010), BitsStored (0028,0101)"),
    "frames": (without(NumberOfFrames=12), "has 12 frames; a radiograph is one image"),
    "colour": (without(SamplesPerPixel=3, PhotometricInterpretation="RGB"), "3 samples per pixel as RGB"),
    "palette": (without(PhotometricInterpretation="PALETTE COLOR"), "PALETTE COLOR"),
    "no interpretation": (without("PhotometricInterpretation"), "no photometric interpretation"),
    "cut": (WHOLE[:-600], "cut short"),
    "bomb": (without(Rows=60_000, Columns=60_000), "has 60000 x 60000 pixels"),
    "no columns": (without(Columns=0), "has 0 x 72 pixels"),
    "more stored than allocated": (without(BitsStored=12), "12 bits stored of 8 with sign 0"),
    "unknown syntax": (of_syntax("1.2.840.99999.1"), "transfer syntax 1.2.840.99999.1, which cannot be read"),
    "syntax on two lines": (of_syntax("1.2\n3"), "transfer syntax 1.2 3, which"),
    "film": (of_syntax("1.2.840.10008.1.2.7"), "transfer syntax 1.2.840.10008.1.2.7"),
    "jpeg cut": (compressed(JPEGBaseline8Bit)[:-300], "pixel"),
    "j2k cut": (compressed(JPEG2000Lossless)[:-100], "pixel"),
    "rle cut": (compressed(RLELossless)[:-200], "pixel"),
    "unknown window": (
        without(WindowCenter=1, WindowWidth=9, VOILUTFunction="CUBIC"),
        "VOI function 'CUBIC'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_reason(name: str, tmp_path: Path) -> None:
    content, reason = REFUSED[name]
    path = tmp_path / "secret-name.dcm"
    path.write_bytes(content)
    with pytest.raises(UndecodableImageError) as refusal:
        read_image(path)
    assert reason in refusal.value.reason
    assert "secret" not in refusal.value.reason and "\n" not in str(refusal.value)


@pytest.mark.parametrize("end", range(0, len(WHOLE), 53))
def test_truncated_file_is_refused(end: int, tmp_path: Path) -> None:
    path = tmp_path / "part.dcm"
    path.write_bytes(WHOLE[:end])
    with pytest.raises(UndecodableImageError):
        read_image(path)


@given(st.data())
def test_damaged_file_is_decoded_or_refused(data: st.DataObject) -> None:
    content = bytearray(
        data.draw(st.sampled_from([WHOLE, compressed(RLELossless), compressed(JPEGBaseline8Bit)]))
    )
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(132, 600))] = data.draw(st.integers(0, 255))
    try:
        pixels, _ = decode_dicom(bytes(content))
    except UndecodableImageError as refusal:
        assert "\n" not in refusal.reason
    else:
        assert pixels.dtype == np.uint8 and pixels.ndim == 2


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_old_form_without_preamble_is_read(syntax: str, tmp_path: Path) -> None:
    dataset = dataset_of(SHADES)
    buffer = io.BytesIO()
    implicit = syntax == ImplicitVRLittleEndian
    dataset.save_as(buffer, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    content = buffer.getvalue()
    assert content[128:132] != b"DICM"
    path = tmp_path / "old"
    path.write_bytes(content)
    np.testing.assert_array_equal(read_image(path).pixels, SHADES)
