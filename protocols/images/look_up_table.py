"""A look-up table of a DICOM file, with entries of any size and however they are packed, and its application.

Owns the reading of `LUTDescriptor` and `LUTData`, of which pydicom takes entries of 8 bits modulo 256.
Source: DICOM PS3.3 2024d, C.11.1.1 (modality LUT) and C.11.2.1.1 (VOI LUT).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from protocols.images.folder import UndecodableImageError


@dataclass(frozen=True, slots=True)
class LookUpTable:
    """Entries of a table and the value that the first stands for; values beyond either end take the entry there."""

    first: int
    entries: NDArray[np.int64]

    def of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The entry of each value, rounded to a whole one first."""
        places = np.clip(np.rint(values).astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return self.entries[places].astype(np.float64)

    @property
    def greatest(self) -> int:
        """The greatest number of the bits in use, 8 at least: the stated bits are often wrong."""
        return (1 << max(8, int(self.entries.max()).bit_length())) - 1


def look_up_table(item: Dataset, *, signed: bool, big_endian: bool) -> LookUpTable:
    """Read an item of `ModalityLUTSequence` or `VOILUTSequence`.

    Args:
        item: with `LUTDescriptor` and `LUTData`, as numbers, or as bytes (OW, OB).
        signed: whether the values that are looked up may be below 0, so that the first may be.
        big_endian: how words of the file are written.

    Raises:
        UndecodableImageError: it has not the number of entries that it states, in words or in bytes.
    """
    count, first, _ = (int(number) for number in item.LUTDescriptor)
    count = count & 0xFFFF or 1 << 16
    first = first - (1 << 16) if signed and first >= 1 << 15 else first
    data = item.LUTData
    if isinstance(data, bytes):
        words = np.frombuffer(data[: len(data) // 2 * 2], ">u2" if big_endian else "<u2").astype(np.int64)
    else:
        words = np.atleast_1d(np.asarray(data, dtype=np.int64)) & 0xFFFF
    if len(words) == count:
        return LookUpTable(first, words)
    if len(words) == (count + 1) // 2:  # two entries a word, the low byte first
        return LookUpTable(first, np.column_stack([words & 0xFF, words >> 8]).ravel()[:count])
    raise UndecodableImageError(
        "image", f"has a look-up table of {len(words):,} words where it states {count:,} entries"
    )
