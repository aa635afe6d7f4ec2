"""Strict decoding of a DICOM file to grey pixels as a radiologist would see them, and its header.

Owns the way from stored values to shades: bits, padding, modality look-up, window or VOI look-up, photometric
interpretation. `dicom_header` reads the header, `look_up_table` the tables, `codestream` compressed pixels. The
decoder of each transfer syntax is fixed, so that a file has the same pixels on every machine.
Source: DICOM PS3.3 2024d, C.7.6.3.1.2 (photometric interpretation), C.7.5.1.1.2 (pixel padding), C.8.11.3.1.2
(presentation LUT shape), C.11.1 (modality LUT), C.11.2.1.2 (window: LINEAR, LINEAR_EXACT, SIGMOID); PS3.5, 8.1 (bits)
and A.4 (encapsulation).
"""

import warnings

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from protocols.images.codestream import SYNTAXES, decode_frame
from protocols.images.dicom_header import (
    PYDICOM_FAULTS,
    Header,
    header_of,
    one_line,
    read_dataset,
    text,
    value,
)
from protocols.images.folder import UndecodableImageError
from protocols.images.look_up_table import LookUpTable, look_up_table
from protocols.images.outliers import range_of
from protocols.images.png_jpeg import check_size

GREY = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
UNCOMPRESSED = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
NEEDED = {
    "Rows": "(0028,0010)",
    "Columns": "(0028,0011)",
    "BitsAllocated": "(0028,0100)",
    "BitsStored": "(0028,0101)",
    "PixelRepresentation": "(0028,0103)",
}


def decode_dicom(content: bytes) -> tuple[NDArray[np.uint8], Header]:
    """Decode the bytes of a DICOM file to grey pixels.

    Stored values pass the modality LUT or rescale, then the first VOI LUT or else the first window. Without
    either, 8 bits or fewer keep their full range, so that such a file equals the same image as PNG, and
    more bits are stretched from the smallest to the largest value that is no outlier, since files often state
    more bits than the detector has. MONOCHROME1 is inverted, so that bone is bright; so is MONOCHROME2 with
    presentation LUT shape INVERSE. Pixels of the padding value or range are ignored and become black. Overlays
    are not rendered. Colour with three equal channels is grey.

    Returns:
        uint8 of shape (rows, columns), 0 black to 255 white, and the header.

    Raises:
        UndecodableImageError: the file is not DICOM, is damaged or cut short, has no pixels, several frames,
            colour, more than `MOST_PIXELS`, an unknown transfer syntax, values above its stated bits, or lacks
            what describes its pixels.
    """
    dataset = read_dataset(content, pixels=True)
    shape = _checked_shape(dataset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            stored, padding = _stored_values(_cells(dataset, shape), dataset)
            return _shades(stored, padding, dataset), header_of(dataset)
        except UndecodableImageError:
            raise
        except PYDICOM_FAULTS as error:
            raise _fault(f"has pixel data that cannot be decoded ({str(error).rstrip('.')})") from error


def _fault(reason: str) -> UndecodableImageError:
    return UndecodableImageError("image", one_line(reason))


def _checked_shape(dataset: Dataset) -> tuple[int, int]:
    """Return rows and columns; refuse what the header alone shows to be unreadable."""
    # pydicom parses an element on access, so this also finds damage that `read_dataset` did not
    if "PixelData" not in dataset:
        other = "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset
        raise _fault("has floating-point values in place of pixels" if other else "has no pixels")
    numbers = {name: _whole(dataset, name) for name in NEEDED}
    missing = [f"{name} {NEEDED[name]}" for name, found in numbers.items() if found is None]
    if missing:
        raise _fault(f"lacks {', '.join(missing)}, without which its pixels cannot be read")
    rows, columns, allocated, stored, signed = (found or 0 for found in numbers.values())
    frames = _whole(dataset, "NumberOfFrames")
    if frames is not None and frames > 1:
        raise _fault(f"has {frames} frames; a radiograph is one image")
    photometric = text(dataset, "PhotometricInterpretation")
    samples = _whole(dataset, "SamplesPerPixel")
    if (photometric, samples or 1) not in {*((name, 1) for name in GREY), *((name, 3) for name in COLOUR)}:
        found_there = photometric or "no photometric interpretation"
        raise _fault(f"has {samples or 1} samples per pixel as {found_there}; {' and '.join(GREY)} are read")
    if photometric == "MONOCHROME1" and text(dataset, "PresentationLUTShape") == "IDENTITY":
        raise _fault(
            "contradicts itself: MONOCHROME1 is dark where the presentation LUT shape IDENTITY is bright"
        )
    if allocated not in (8, 16, 32) or not 1 <= stored <= allocated or signed not in (0, 1):
        raise _fault(
            f"states {stored} bits stored of {allocated} with sign {signed}, which no radiograph has"
        )
    check_size(columns, rows)
    return rows, columns


def _whole(dataset: Dataset, keyword: str) -> int | None:
    found = value(dataset, keyword)
    try:
        return None if found is None else int(found)
    except (TypeError, ValueError):
        return None


def _cells(dataset: Dataset, shape: tuple[int, int]) -> NDArray[np.integer]:
    """Return each pixel's cell with all bits allocated, shape ``shape``."""
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if syntax in SYNTAXES:
        frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
        signed_bits = int(dataset.BitsStored) if dataset.PixelRepresentation == 1 else 0
        return _one_channel(decode_frame(frame, syntax, shape, signed_bits=signed_bits))
    if syntax not in UNCOMPRESSED and syntax != RLELossless:
        known = "" if syntax.name == syntax else f" ({syntax.name})"
        raise _fault(f"is stored in transfer syntax {syntax}{known}, which cannot be read")
    photometric = text(dataset, "PhotometricInterpretation")
    if syntax in UNCOMPRESSED:
        samples = {"YBR_FULL_422": 2}.get(photometric, 1 if photometric in GREY else 3)
        expected = shape[0] * shape[1] * samples * dataset.BitsAllocated // 8
        received = len(dataset.PixelData)
        if received < expected:
            colour = "" if photometric in GREY else f"has 3 samples per pixel as {photometric} and "
            raise _fault(f"{colour}is cut short: {received:,} of {expected:,} bytes of pixel data are there")
    pixels, _ = get_decoder(syntax).as_array(
        dataset,
        raw=photometric in GREY,
        decoding_plugin="pydicom" if syntax == RLELossless else "",
        correct_unused_bits=False,  # type: ignore[arg-type]  # annotated as if each option were all of them
    )
    if pixels.shape[:2] != shape:
        raise _fault(f"has pixel data of another shape than the {shape[1]} x {shape[0]} that it states")
    return _one_channel(pixels)


def _one_channel(pixels: NDArray[np.integer]) -> NDArray[np.integer]:
    if pixels.ndim == 2:
        return pixels
    if (pixels != pixels[..., :1]).any():
        raise _fault("is in colour; three channels are read only where they are equal (grey)")
    return pixels[..., 0]


def _stored_values(
    cells: NDArray[np.integer], dataset: Dataset
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the stored value of each pixel (the stated bits, with their sign), and which are padding."""
    bits, signed = int(dataset.BitsStored), dataset.PixelRepresentation == 1
    width = 8 * cells.dtype.itemsize
    whole = cells.astype(np.int64)
    whole &= (1 << width) - 1
    high = _whole(dataset, "HighBit")
    lowest = max(0, (bits - 1 if high is None or high >= width else high) + 1 - bits)
    values = (whole >> lowest) & ((1 << bits) - 1)
    if signed:
        values -= (values >> (bits - 1)) << bits
    padding = _padding(values, dataset) | _padding(
        whole - ((whole >> (width - 1)) << width) if signed else whole, dataset
    )
    outside = whole & ~sum(1 << position for position in _overlay_bits(dataset))
    above, below = outside >> (lowest + bits), outside & ((1 << lowest) - 1)
    # a sign bit extended to the end of the cell is no value
    carried = signed & (values < 0) & (above == (1 << max(0, width - lowest - bits)) - 1)
    # old overlays are apart from the stored bits; values that overflow reach the bit above them
    if ((above & 1 == 1) & ~carried & ~padding).any():
        raise _fault(f"has values above the {bits} bits that it states; correct its Bits Stored (0028,0101)")
    if (below[~padding] != 0).any():
        raise _fault(f"has values below the {bits} bits that it states; correct its High Bit (0028,0102)")
    return values, padding


def _overlay_bits(dataset: Dataset) -> list[int]:
    """Return the bit positions of the cells that old overlays use."""
    places = (
        dataset.get((group, 0x0102)) for group in range(0x6000, 0x6020, 2) if (group, 0x3000) not in dataset
    )
    return [int(place.value) for place in places if place is not None and place.value in range(32)]


def _shades(stored: NDArray[np.int64], padding: NDArray[np.bool_], dataset: Dataset) -> NDArray[np.uint8]:
    values = _modality(stored, dataset)
    brightness = _presented(values, ~padding, dataset)
    if text(dataset, "PhotometricInterpretation") == "MONOCHROME1" or _is_inverse(dataset):
        brightness = 1.0 - brightness
    shades = np.rint(np.clip(brightness, 0.0, 1.0) * 255.0).astype(np.uint8)
    shades[padding] = 0
    return shades


def _padding(stored: NDArray[np.int64], dataset: Dataset) -> NDArray[np.bool_]:
    low = _whole(dataset, "PixelPaddingValue")
    if low is None:
        return np.zeros(stored.shape, dtype=np.bool_)
    high = _whole(dataset, "PixelPaddingRangeLimit")
    ends = [_as_stored(end, dataset) for end in (low, low if high is None else high)]
    return (stored >= min(ends)) & (stored <= max(ends))


def _as_stored(end: int, dataset: Dataset) -> int:
    """Return a padding value with its sign, which some files of signed values leave out."""
    allocated = int(dataset.BitsAllocated)
    signed = dataset.PixelRepresentation == 1 and end >= 1 << (allocated - 1)
    return end - (1 << allocated) if signed else end


def _modality(stored: NDArray[np.int64], dataset: Dataset) -> NDArray[np.float64]:
    if table := _table(dataset, "ModalityLUTSequence", signed=dataset.PixelRepresentation == 1):
        return table.of(stored.astype(np.float64))
    slope, intercept = _first(dataset, "RescaleSlope"), _first(dataset, "RescaleIntercept")
    if slope is None or intercept is None or slope == 0:
        return stored.astype(np.float64)
    return np.asarray(stored * slope + intercept, dtype=np.float64)


def _presented(
    values: NDArray[np.float64], shown: NDArray[np.bool_], dataset: Dataset
) -> NDArray[np.float64]:
    """Return the brightness of values as a proportion of the full one, before clipping."""
    if table := _table(dataset, "VOILUTSequence", signed=bool(values.min() < 0)):
        return table.of(values) / table.greatest
    centre, width = _first(dataset, "WindowCenter"), _first(dataset, "WindowWidth")
    function = text(dataset, "VOILUTFunction") or "LINEAR"
    if centre is not None and width is not None and (width >= 1 if function == "LINEAR" else width > 0):
        return _windowed(values, centre, width, function)
    low, high = _range(values, shown, dataset)
    if high <= low:
        return np.zeros_like(values)
    return np.asarray((values - low) / (high - low), dtype=np.float64)


def _windowed(values: NDArray[np.float64], centre: float, width: float, function: str) -> NDArray[np.float64]:
    if function == "LINEAR" and width == 1:
        return (values > centre - 0.5).astype(np.float64)
    if function == "LINEAR":
        return (values - (centre - 0.5)) / (width - 1) + 0.5
    if function == "LINEAR_EXACT":
        return (values - centre) / width + 0.5
    if function == "SIGMOID":
        return 1.0 / (1.0 + np.exp(np.clip(-4.0 * (values - centre) / width, -700.0, 700.0)))
    raise _fault(f"has the VOI function {function!r}; LINEAR, LINEAR_EXACT and SIGMOID are known")


def _range(values: NDArray[np.float64], shown: NDArray[np.bool_], dataset: Dataset) -> tuple[float, float]:
    bits = int(dataset.BitsStored)
    if bits > 8:
        return range_of(values[shown])
    least = -(1 << (bits - 1)) if dataset.PixelRepresentation == 1 else 0
    ends = _modality(np.array([least, least + (1 << bits) - 1]), dataset)
    return float(ends.min()), float(ends.max())


def _first(dataset: Dataset, keyword: str) -> float | None:
    """Return the first number of an element of one or several; None where it is absent or empty.

    Raises:
        UndecodableImageError: the element is not a number; ignoring it would change the shades.
    """
    found = value(dataset, keyword)
    raw = dataset.get_item(keyword) if keyword in dataset else None
    if raw is None or found == "" or (found is None and not (raw.value or b"").strip(b" \0\\")):
        return None
    several = found if isinstance(found, list) or hasattr(found, "append") else [found]
    try:
        first = float(several[0])
    except (TypeError, ValueError, IndexError):
        first = np.nan
    if not np.isfinite(first):
        raise _fault(f"has a {keyword} that is no number")
    return first


def _table(dataset: Dataset, keyword: str, *, signed: bool) -> LookUpTable | None:
    """Read the first table of a sequence."""
    tables = value(dataset, keyword)
    if not tables:
        return None
    big_endian = dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian
    return look_up_table(tables[0], signed=signed, big_endian=big_endian)


def _is_inverse(dataset: Dataset) -> bool:
    return text(dataset, "PresentationLUTShape") == "INVERSE"
