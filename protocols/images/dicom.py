"""A DICOM file -> grey pixels as a radiologist would see them, strictly, and what its header says.

Owns the way from stored values to shades: bits, padding, modality look-up, window or VOI look-up, photometric
interpretation. The header's words are `header`'s. The decoder of each transfer syntax is fixed, so that a file
has the same pixels wherever it is read.
Source: DICOM PS3.3 2024d, C.7.6.3.1.2 (photometric interpretation), C.7.5.1.1.2 (pixel padding), C.11.1 (modality
LUT), C.11.2.1.2 (window: LINEAR, LINEAR_EXACT, SIGMOID); PS3.5, 8.1 (bits) and A.4 (encapsulation).
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_modality_lut, apply_voi
from pydicom.uid import UID, RLELossless

from protocols.images.folder import UndecodableImageError
from protocols.images.header import PYDICOM_FAULTS, Header, header_of, one_line, read_dataset, text, value
from protocols.images.raster import check_size

GREY = ("MONOCHROME1", "MONOCHROME2")
NEEDED = {
    "Rows": "(0028,0010)",
    "Columns": "(0028,0011)",
    "BitsAllocated": "(0028,0100)",
    "BitsStored": "(0028,0101)",
    "PixelRepresentation": "(0028,0103)",
}
JPEG_END = b"\xff\xd9"  # of JPEG, JPEG-LS and JPEG 2000 alike


def decode_dicom(content: bytes) -> tuple[NDArray[np.uint8], Header]:
    """Decode the bytes of a DICOM file to grey pixels.

    Stored values pass the modality LUT or rescale, then the first VOI LUT or else the first window. Without
    either, 8 bits or fewer keep their full range, so that such a file equals the same picture as PNG, and
    more bits are stretched from the least to the greatest value of the picture, since the bits that a file
    states are often more than its detector has. MONOCHROME1 is turned round, so bone is bright. Pixels of
    the padding value or range count for nothing and become black. Overlays are not drawn.

    Returns:
        uint8 of shape (rows, columns), 0 black to 255 white, and the header.

    Raises:
        UndecodableImageError: the file is not DICOM, is damaged or cut short, has no pixels, several frames,
            colour, more than `MOST_PIXELS`, an unknown transfer syntax, or lacks what describes its pixels.
    """
    dataset = read_dataset(content, pixels=True)
    shape = _checked_shape(dataset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            stored = _stored_values(dataset, shape)
            return _shades(stored, dataset), header_of(dataset)
        except UndecodableImageError:
            raise
        except PYDICOM_FAULTS as error:
            raise _fault(f"has pixel data that cannot be decoded ({str(error).rstrip('.')})") from error


def _fault(reason: str) -> UndecodableImageError:
    return UndecodableImageError("image", one_line(reason))


def _checked_shape(dataset: Dataset) -> tuple[int, int]:
    """Rows and columns, after every refusal that the header alone decides."""
    # pydicom parses an element when it is asked for, so this also finds damage that `read_dataset` did not
    if "PixelData" not in dataset:
        other = "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset
        raise _fault("holds floating-point values, no picture" if other else "holds no pixels")
    numbers = {name: _whole(dataset, name) for name in NEEDED}
    missing = [f"{name} {NEEDED[name]}" for name, found in numbers.items() if found is None]
    if missing:
        raise _fault(f"lacks {', '.join(missing)}, without which its pixels cannot be read")
    rows, columns, allocated, stored, signed = (found or 0 for found in numbers.values())
    frames = _whole(dataset, "NumberOfFrames")
    if frames is not None and frames > 1:
        raise _fault(f"has {frames} frames; a radiograph is one picture")
    photometric = text(dataset, "PhotometricInterpretation")
    samples = _whole(dataset, "SamplesPerPixel")
    if photometric not in GREY or samples not in (1, None):
        found_there = photometric or "no photometric interpretation"
        raise _fault(f"has {samples or 1} samples a pixel as {found_there}; {' and '.join(GREY)} are read")
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


def _stored_values(dataset: Dataset, shape: tuple[int, int]) -> NDArray[np.int64]:
    """The stored value of each pixel: the stated bits, with their sign; other bits (old overlays) are cleared."""
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        known = "" if syntax.name == syntax else f" ({syntax.name})"
        raise _fault(f"is stored in transfer syntax {syntax}{known}, which cannot be read") from error
    plugin = ""
    if syntax.is_encapsulated:
        plugin = "pydicom" if syntax == RLELossless else "pylibjpeg"
        if plugin not in decoder.available_plugins:
            raise _fault(f"is stored in transfer syntax {syntax} ({syntax.name}), which cannot be read")
        frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
        if syntax != RLELossless and not frame.rstrip(b"\0").endswith(JPEG_END):
            raise _fault("is cut short: its compressed pixel data has no end")
    else:
        expected = shape[0] * shape[1] * dataset.BitsAllocated // 8
        received = len(dataset.PixelData)
        if received < expected:
            raise _fault(f"is cut short: {received:,} of {expected:,} bytes of pixel data are there")
    pixels, _ = decoder.as_array(
        dataset,
        raw=True,
        decoding_plugin=plugin,
        correct_unused_bits=False,  # type: ignore[arg-type]  # annotated as if each option were all of them
    )
    if pixels.shape != shape:
        raise _fault(f"holds pixel data of another shape than the {shape[1]} x {shape[0]} that it states")
    bits = int(dataset.BitsStored)
    values: NDArray[np.int64] = pixels.astype(np.int64)
    if plugin != "pylibjpeg":  # whose compression keeps no bits above the stored ones
        high = _whole(dataset, "HighBit")
        values >>= max(0, (bits - 1 if high is None else high) + 1 - bits)
        values &= (1 << bits) - 1
    if dataset.PixelRepresentation == 1 and values.min() >= 0:  # no decoder has minded the sign yet
        values -= (values >> (bits - 1)) << bits
    return values


def _shades(stored: NDArray[np.int64], dataset: Dataset) -> NDArray[np.uint8]:
    padding = _padding(stored, dataset)
    values = _modality(stored, dataset)
    share = _presented(values, ~padding, dataset)
    if text(dataset, "PhotometricInterpretation") == "MONOCHROME1":
        share = 1.0 - share
    shades = np.rint(np.clip(share, 0.0, 1.0) * 255.0).astype(np.uint8)
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
    """A padding value of a signed picture is at times written as if it had no sign."""
    allocated = int(dataset.BitsAllocated)
    signed = dataset.PixelRepresentation == 1 and end >= 1 << (allocated - 1)
    return end - (1 << allocated) if signed else end


def _modality(stored: NDArray[np.int64], dataset: Dataset) -> NDArray[np.float64]:
    if value(dataset, "ModalityLUTSequence"):
        return np.asarray(apply_modality_lut(stored, dataset), dtype=np.float64)
    slope, intercept = _first(dataset, "RescaleSlope"), _first(dataset, "RescaleIntercept")
    if slope is None or intercept is None or slope == 0:
        return stored.astype(np.float64)
    return np.asarray(stored * slope + intercept, dtype=np.float64)


def _presented(
    values: NDArray[np.float64], shown: NDArray[np.bool_], dataset: Dataset
) -> NDArray[np.float64]:
    """Values -> the share of full brightness, before clipping."""
    table = value(dataset, "VOILUTSequence")
    if table:
        looked_up = np.asarray(apply_voi(np.rint(values).astype(np.int64), dataset, 0), dtype=np.float64)
        entries = int(np.max(np.asarray(_lut_data(table[0]))))
        return looked_up / (
            (1 << max(8, entries.bit_length())) - 1
        )  # by the bits in use: the stated are often wrong
    centre, width = _first(dataset, "WindowCenter"), _first(dataset, "WindowWidth")
    function = text(dataset, "VOILUTFunction") or "LINEAR"
    if centre is not None and width is not None and width > (1 if function == "LINEAR" else 0):
        return _windowed(values, centre, width, function)
    low, high = _range(values, shown, dataset)
    if high <= low:
        return np.zeros_like(values)
    return np.asarray((values - low) / (high - low), dtype=np.float64)


def _windowed(values: NDArray[np.float64], centre: float, width: float, function: str) -> NDArray[np.float64]:
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
        visible = values[shown]
        return (float(visible.min()), float(visible.max())) if visible.size else (0.0, 0.0)
    least = -(1 << (bits - 1)) if dataset.PixelRepresentation == 1 else 0
    ends = _modality(np.array([least, least + (1 << bits) - 1]), dataset)
    return float(ends.min()), float(ends.max())


def _first(dataset: Dataset, keyword: str) -> float | None:
    """The first number of an element of one or several."""
    found = value(dataset, keyword)
    several = found if isinstance(found, list) or hasattr(found, "append") else [found]
    try:
        first = float(several[0])
    except (TypeError, ValueError, IndexError):
        return None
    return first if np.isfinite(first) else None


def _lut_data(table: Any) -> Any:
    """The entries of a look-up table, which some files write as bytes."""
    data = table.LUTData
    return np.frombuffer(data, "<u2") if isinstance(data, bytes) else data
