"""Images damaged at random: PNG, JPEG and DICOM files, compared with another decoder.

    python -m tests.protocols.images.mutations --count 10000 --seed 13 [--dcmtk]

Each file is of a kind that is read; then bits are flipped, its end is cut off or another one appended, bytes are
removed, cleared or repeated, or fields of its header are exchanged. Prints the outcome of each kind. Ends with 1 where
a file was decoded to other pixels than by the other decoder, took over 10 seconds, or raised more than a refusal; a
decoder that ends the process ends this too. The other decoders: libpng for PNG, Pillow for JPEG and 16-bit colour,
pydicom with Pillow for DICOM; with ``--dcmtk`` dcmtk for DICOM, where it is installed.
"""

import argparse
import io
import resource
import struct
import subprocess
import tempfile
import warnings
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_rescale
from pydicom.uid import (
    JPEG2000,
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from protocols.images.decode import decode_image
from protocols.images.folder import UndecodableImageError
from tests.protocols.cohorts.dicom_files import dataset_of, dicom_bytes

Shades = NDArray[np.uint8]
MOST_MIB = 512
LOSSY = 2  # levels of 255 by which two decoders of a lossy image may differ
WINDOW = {"WindowCenter": 2000, "WindowWidth": 3000}
LOSSY_SYNTAXES = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000)


@dataclass
class Count:
    """The outcome of each file, and the numbers of those that failed."""

    became: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(self, name: str, content: bytes, *, dcmtk: bool) -> None:
        """Decode a file and compare it with the other decoder."""
        try:
            ours = decode_image(content).pixels
        except UndecodableImageError:
            self.became["refused"] += 1
            return
        except Exception as error:  # noqa: BLE001  # a finding, whatever it is
            self.wrong.append(f"{name}: raised {type(error).__name__}: {error}")
            return
        self.became["decoded"] += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs, tolerance = by_another_decoder(content, dcmtk=dcmtk)
        except Exception as error:  # noqa: BLE001  # a fault of the other decoder is no finding
            self.became[f"decoded, not by the other ({type(error).__name__})"] += 1
            return
        self.became["decoded and compared"] += 1
        apart = np.abs(ours.astype(int) - theirs).max() if ours.shape == theirs.shape else 255
        if apart > tolerance:
            self.wrong.append(f"{name}: {apart} levels apart")


def picture() -> NDArray[np.uint16]:
    """Make an image of 12 bits of waves and noise, 64 rows of 48."""
    rows, columns = np.mgrid[:64, :48]
    noise = np.random.default_rng(0).normal(0, 20, (64, 48))
    return (2000 + 900 * np.sin(rows / 9) + 800 * np.cos(columns / 7) + noise).clip(0, 4095).astype(np.uint16)


@cache
def whole_files() -> dict[str, bytes]:
    """Make an undamaged file of every kind."""
    deep = picture()
    grey = (deep >> 4).astype(np.uint8)
    colour = np.stack([grey] * 3, axis=-1)
    alpha = np.dstack([colour, grey])
    files = {}
    for name, pixels in {"L": grey, "RGB": colour, "RGBA": alpha, "L16": deep}.items():
        files[f"png {name}"] = _saved(Image.fromarray(pixels), "PNG")
    files["png palette"] = _saved(Image.fromarray(grey).convert("P"), "PNG")
    files["png RGB16"] = bytes(imagecodecs.png_encode(np.stack([deep << 4] * 3, axis=-1)))
    for name, options in {
        "": {},
        " progressive": {"progressive": True},
        " restarts": {"restart_marker_rows": 1},
    }.items():
        files[f"jpeg{name}"] = _saved(Image.fromarray(grey), "JPEG", quality=90, **options)
    files["jpeg colour"] = _saved(Image.fromarray(colour), "JPEG", quality=90)
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian):
        files[f"dicom {syntax.name}"] = dicom_bytes(dataset_of(deep, bits=12, **WINDOW), syntax=syntax)
    files["dicom 8 bits"] = dicom_bytes(dataset_of(grey, photometric="MONOCHROME1"))
    files["dicom signed"] = dicom_bytes(
        dataset_of(deep.astype(np.int16) - 2000, bits=12, **(WINDOW | {"WindowCenter": 0}))
    )
    streams = {
        JPEGBaseline8Bit: files["jpeg"],
        JPEGExtended12Bit: imagecodecs.jpeg8_encode(deep, level=92, bitspersample=12),
        JPEGLosslessSV1: imagecodecs.jpeg8_encode(deep, lossless=True, bitspersample=12, predictor=1),
        JPEGLSLossless: imagecodecs.jpegls_encode(deep),
        JPEG2000Lossless: imagecodecs.jpeg2k_encode(
            deep, level=0, reversible=True, codecformat="j2k", bitspersample=12
        ),
        JPEG2000: imagecodecs.jpeg2k_encode(deep, level=60, codecformat="j2k", bitspersample=12),
    }
    for syntax, stream in streams.items():
        files[f"dicom {syntax.name}"] = dicom_bytes(_encapsulated(syntax, bytes(stream), grey, deep))
    rle = dataset_of(deep, bits=12, **WINDOW)
    rle.file_meta = FileMetaDataset()
    rle.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    rle.compress(RLELossless, generate_instance_uid=False)
    files["dicom RLE"] = dicom_bytes(rle)
    return files


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def _encapsulated(syntax: UID, stream: bytes, grey: Shades, deep: NDArray[np.uint16]) -> Dataset:
    dataset = dataset_of(grey) if syntax == JPEGBaseline8Bit else dataset_of(deep, bits=12, **WINDOW)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    return dataset


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Damage a file once, or several times in one way."""
    kind = int(rng.integers(8))
    if kind == 0:
        return _exchanged(content, rng)
    data = bytearray(content)
    # half of all damage falls into the first 600 bytes, where headers are
    top = min(len(data), 600) if rng.random() < 0.5 else len(data)
    place = int(rng.integers(8, top))
    length = int(rng.integers(1, 40))
    if kind in (1, 2):
        for _ in range(int(rng.integers(1, 5))):
            data[int(rng.integers(8, top))] ^= 1 << int(rng.integers(8))
    elif kind == 3:
        data = data[:place]
    elif kind == 4:
        data = data[:place] + (b"\0\0\0\0IEND\xaeB`\x82" if content[:4] == b"\x89PNG" else b"\xff\xd9")
    elif kind == 5:
        del data[place : place + length]
    elif kind == 6:
        data[place : place + length] = bytes(len(data[place : place + length]))
    else:
        data[place:place] = data[place : place + length]
    return _with_checksums(bytes(data)) if content[:4] == b"\x89PNG" and rng.random() < 0.7 else bytes(data)


def _with_checksums(content: bytes) -> bytes:
    """Correct the checksums of a PNG, so that only the data show the damage."""
    data, place = bytearray(content), 8
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if end + 4 > len(data):
            break
        data[end : end + 4] = struct.pack(">I", zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)


def _exchanged(content: bytes, rng: np.random.Generator) -> bytes:
    """Change fields of the header."""
    if content[:4] == b"\x89PNG":
        data = bytearray(content)
        place = int(rng.choice([19, 23, 24, 25, 28]))  # width, height, depth, colour, interlace
        data[place] = int(rng.choice([0, 1, 2, 3, 4, 6, 8, 16, 48, 63, 64, 65]))
        return _with_checksums(bytes(data))
    if content[:2] == b"\xff\xd8":
        data = bytearray(content)
        frame = next(
            place for place in range(len(data)) if data[place] == 0xFF and data[place + 1] in (0xC0, 0xC2)
        )
        data[frame + int(rng.choice([4, 6, 8, 9, 11, 12]))] = int(
            rng.choice([1, 3, 8, 12, 17, 33, 40, 48, 64, 65])
        )
        return bytes(data)
    dataset = pydicom.dcmread(io.BytesIO(content))
    values = {
        "Rows": [48, 32, 64, 65],
        "Columns": [64, 24, 48, 96],
        "BitsStored": [8, 10, 12, 16],
        "HighBit": [7, 9, 11, 15],
        "BitsAllocated": [8, 16, 32],
        "PixelRepresentation": [0, 1],
        "PhotometricInterpretation": ["MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL"],
        "SamplesPerPixel": [1, 3],
        "WindowCenter": [0, 100, 2000],
        "WindowWidth": [1, 200, 4000],
        "RescaleIntercept": [-1024, 0],
        "RescaleSlope": [1, 2, -1],
        "PixelPaddingValue": [0, 2000],
        "NumberOfFrames": [1, 2],
        "PresentationLUTShape": ["IDENTITY", "INVERSE"],
    }
    for _ in range(int(rng.integers(1, 3))):
        name = str(rng.choice(sorted(values)))
        chosen = values[name][int(rng.integers(len(values[name])))]
        if name == "PixelPaddingValue":
            dataset.add_new(name, "US", chosen)
        else:
            setattr(dataset, name, chosen)
    if rng.random() < 0.15 and dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        syntaxes = [JPEGBaseline8Bit, JPEGLosslessSV1, JPEGLSLossless, JPEG2000, RLELossless]
        dataset.file_meta.TransferSyntaxUID = syntaxes[int(rng.integers(len(syntaxes)))]
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def by_another_decoder(content: bytes, *, dcmtk: bool) -> tuple[Shades, float]:
    """Return the shades of another decoder and by how many levels ours may differ; it raises where it has none."""
    if content.startswith(b"\x89PNG"):
        if content[24] == 16 and content[25] != 0:
            return np.asarray(Image.open(io.BytesIO(content)).convert("L")), 1
        pixels = imagecodecs.png_decode(content)
        if pixels.dtype == np.uint16:
            top = (1 << max(8, int(_ends(pixels)[1]).bit_length())) - 1
            return np.rint(pixels.astype(float).clip(0, top) * 255 / top).astype(np.uint8), 0
        if pixels.ndim == 3:
            image = (
                Image.fromarray(pixels[..., :3]) if pixels.shape[2] > 2 else Image.fromarray(pixels[..., 0])
            )
            pixels = np.asarray(image.convert("L"))
        return pixels, 0
    if content.startswith(b"\xff\xd8"):
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
        return np.asarray(image.convert("L")), LOSSY
    dataset = pydicom.dcmread(io.BytesIO(content), force=True)
    return _by_dcmtk(content, dataset) if dcmtk else _by_pydicom(dataset)


def _ends(values: NDArray[np.generic]) -> tuple[float, float]:
    """Return the range of values without outliers, from a sorted list."""
    ordered = sorted(map(float, values.ravel()))
    if not ordered:
        return 0.0, 0.0
    low, high = (ordered[round((len(ordered) - 1) * share)] for share in (0.02, 0.98))
    inner = [one for one in ordered if 2 * low - high <= one <= 2 * high - low] if high > low else ordered
    return inner[0], inner[-1]


def _tolerance(dataset: Dataset) -> float:
    """Return the tolerance; a narrow window widens the difference of two lossy decoders."""
    if dataset.file_meta.TransferSyntaxUID not in LOSSY_SYNTAXES:
        return 1
    width = float(dataset.get("WindowWidth") or 0) or 255.0
    return LOSSY * max(1.0, 255.0 / width)


def _by_pydicom(dataset: Dataset) -> tuple[Shades, float]:
    """The steps of docs/reference/dicom.md in their simplest form, of values that pydicom decodes."""
    values, _ = get_decoder(dataset.file_meta.TransferSyntaxUID).as_array(dataset, raw=False)
    values = values[..., 0] if values.ndim == 3 else values
    padding = values == dataset.get("PixelPaddingValue", np.inf)
    rescaled = apply_rescale(values, dataset).astype(float)
    bits, signed = int(dataset.BitsStored), dataset.PixelRepresentation == 1
    centres, widths = (np.atleast_1d(dataset.get(f"Window{end}") or [0]) for end in ("Center", "Width"))
    width = float(widths[0])
    if width == 1 and dataset.get("WindowCenter") is not None:
        share = (rescaled > float(centres[0]) - 0.5).astype(float)
    elif width > 1 and dataset.get("WindowCenter") is not None:
        share = (rescaled - (float(centres[0]) - 0.5)) / (width - 1) + 0.5
    else:
        least = -(1 << (bits - 1)) if signed else 0
        ends = np.array([[least, least + (1 << bits) - 1]])
        least, most = _ends(apply_rescale(ends, dataset) if bits <= 8 else rescaled[~padding])
        share = (rescaled - least) / (most - least) if most > least else np.zeros(rescaled.shape)
    inverse = dataset.get("PresentationLUTShape") == "INVERSE"
    if dataset.PhotometricInterpretation == "MONOCHROME1" or inverse:
        share = 1 - share
    shades = np.rint(share.clip(0, 1) * 255).astype(np.uint8)
    shades[padding] = 0
    return shades, _tolerance(dataset)


def _by_dcmtk(content: bytes, dataset: Dataset) -> tuple[Shades, float]:
    if "PixelPaddingValue" in dataset:
        raise NotImplementedError("dcmtk shows padding")
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "a.dcm", Path(folder) / "a.pgm"
        path.write_bytes(content)
        windowed = "WindowCenter" in dataset and "WindowWidth" in dataset
        how = ["+Wi", "1"] if windowed else ["+Wm"] if dataset.BitsStored > 8 else []
        subprocess.run(["dcmj2pnm", "+op", *how, path, out], check=True, capture_output=True, timeout=20)
        return np.asarray(Image.open(out)), _tolerance(dataset)


def counted(numbers: range, seed: int, *, dcmtk: bool) -> Count:
    """Damage and decode the files of these numbers, in turn of each kind."""
    count = Count()
    kinds = sorted(whole_files())
    for number in numbers:
        name = kinds[number % len(kinds)]
        content = mutated(whole_files()[name], np.random.default_rng([seed, number]))
        count.judge(f"{number} {name}", content, dcmtk=dcmtk)
    return count


def main() -> int:
    """Print the outcome of the files; return 1 where one failed."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=13)
    options.add_argument("--dcmtk", action="store_true")
    given = options.parse_args()
    whole_files()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = counted(range(given.count), given.seed, dcmtk=given.dcmtk)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    for became, number in sorted(count.became.items()):
        print(f"{became}: {number:,}")
    print("\n".join(count.wrong))
    print(f"{len(count.wrong)} of {given.count:,} wrong; memory grew by {grown} MiB")
    return 1 if count.wrong or grown > MOST_MIB else 0


if __name__ == "__main__":
    raise SystemExit(main())
