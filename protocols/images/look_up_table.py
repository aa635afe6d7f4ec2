"""A look-up table (LUT) of a DICOM file, with entries of 8 or 16 bits, and its application.

Owns the reading of `LUTDescriptor` and `LUTData`; pydicom would take entries of 8 bits modulo 256.
Source: DICOM PS3.3 2024d, C.11.1.1 (modality LUT) and C.11.2.1.1 (VOI LUT).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from protocols.images.folder import UndecodableImageError


@dataclass(frozen=True, slots=True)
class LookUpTable:
    """The entries and the value that the first is for; values beyond either end take the entry at that end."""

    first: int
    entries: NDArray[np.int64]

    def of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the entry of each value, which is rounded to a whole number first."""
        places = np.clip(np.rint(values).astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return self.entries[places].astype(np.float64)

    @property
    def greatest(self) -> int:
        """The largest number of as many bits as the entries need, 8 at least: the stated bits are often wrong."""
        return (1 << max(8, int(self.entries.max()).bit_length())) - 1


def look_up_table(item: Dataset, *, signed: bool, big_endian: bool) -> LookUpTable:
    """Read an item of `ModalityLUTSequence` or `VOILUTSequence`.

    Args:
        item: with `LUTDescriptor` and `LUTData`, as numbers, or as bytes (OW, OB).
        signed: whether the values to look up, and so the first one, may be below 0.
        big_endian: the byte order of the file.

    Raises:
        UndecodableImageError: the number of entries differs from the stated one.
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
    if len(words) == (count + 1) // 2:  # two entries per word, the low byte first
        return LookUpTable(first, np.column_stack([words & 0xFF, words >> 8]).ravel()[:count])
    raise UndecodableImageError(
        "image", f"has a look-up table of {len(words):,} words where it states {count:,} entries"
    )
