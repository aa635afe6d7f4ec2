"""The file of packed images: one plain ``.npy`` array of bytes, allocated before the first image is decoded.

Owns header, space and rows of the file. It is never written through a memory map: a full disk would kill the
process without a message. The record of its content and checksums is `journal`.
Source: NumPy's format 1.0 (numpy.lib.format).
"""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PackFile:
    """Path of a pack, and the number and size of its images."""

    path: Path
    images: int
    image_size: int

    def reserve(self) -> None:
        """Create the file in its full size, black; leave one with this header and size as it is.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        header = self._header()
        size = len(header) + self.images * self._picture
        if self.path.exists() and self.path.stat().st_size == size:
            with self.path.open("rb") as file:
                if file.read(len(header)) == header:
                    return
        try:
            with self.path.open("wb") as file:
                file.write(header)
                file.flush()
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, size)
                else:
                    file.truncate(size)
        except OSError:
            self.path.unlink(missing_ok=True)  # partial space is of no use on a full disk
            raise

    def write(self, first: int, pictures: NDArray[np.uint8]) -> None:
        """Write images, uint8 of shape (n, size, size), at the positions from ``first`` on.

        Raises:
            OSError: they cannot be written.
        """
        with self.path.open("r+b") as file:
            file.seek(len(self._header()) + first * self._picture)
            file.write(np.ascontiguousarray(pictures).data.cast("B"))

    def sha256(self, first: int, images: int) -> str:
        """Return the SHA-256 of some images as they are on disk.

        Raises:
            OSError: they cannot be read.
        """
        with self.path.open("rb") as file:
            file.seek(len(self._header()) + first * self._picture)
            return hashlib.sha256(file.read(images * self._picture)).hexdigest()

    def pixels(self) -> NDArray[np.uint8]:
        """Return all images, uint8 of shape (images, size, size), memory-mapped for reading only."""
        mapped: NDArray[np.uint8] = np.load(self.path, mmap_mode="r")
        return mapped

    @property
    def gigabytes(self) -> float:
        """Size on disk in 10^9 bytes."""
        return self.images * self._picture / 1e9

    @property
    def _picture(self) -> int:
        return self.image_size * self.image_size

    def _header(self) -> bytes:
        text = io.BytesIO()
        shape = (self.images, self.image_size, self.image_size)
        np.lib.format.write_array_header_1_0(text, {"descr": "|u1", "fortran_order": False, "shape": shape})
        return text.getvalue()
