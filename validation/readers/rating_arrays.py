"""The reads of some images as arrays, in an order that does not depend on the file's.

Owns the step from rows of reads to numbers. They are used by `agreement` and `dawid_skene`; the protocol's own rule
works on the reads themselves (`consensus`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.tables.records import Reads, Verdict

CATEGORIES = (Verdict.POSITIVE, Verdict.NEGATIVE, Verdict.INDETERMINATE)


@dataclass(frozen=True, slots=True)
class Votes:
    """The reads of some images, sorted by image and, within one, by reader.

    Attributes:
        image_id: the requested images, in the order given, with or without reads.
        readers: the readers of at least one of them, by code point.
        categories: the verdicts that occur, in the order of `CATEGORIES`.
        image: position of each read in ``image_id``, shape (reads,).
        reader: position of each read in ``readers``, shape (reads,).
        category: position of each read in ``categories``, shape (reads,).
    """

    image_id: tuple[str, ...]
    readers: tuple[str, ...]
    categories: tuple[Verdict, ...]
    image: NDArray[np.intp]
    reader: NDArray[np.intp]
    category: NDArray[np.intp]

    def counts_by_image(self) -> NDArray[np.int64]:
        """Count the reads of each category, shape (images, categories)."""
        return self._counted(self.image, len(self.image_id))

    def counts_by_reader(self) -> NDArray[np.int64]:
        """Count the images of each reader and category, shape (readers, categories)."""
        return self._counted(self.reader, len(self.readers))

    def _counted(self, of: NDArray[np.intp], size: int) -> NDArray[np.int64]:
        width = len(self.categories)
        flat = np.bincount(of * width + self.category, minlength=size * width)
        return flat.reshape(size, width).astype(np.int64)


def votes_of(reads: Reads, image_id: Sequence[str]) -> Votes:
    """Return the reads of some images as arrays, without the reads of other images.

    Args:
        reads: one entry per reader and image, without duplicates.
        image_id: the images, without duplicates.
    """
    place = pd.Index(list(image_id), dtype="str").get_indexer(pd.Index(reads.frame["image_id"]))
    there = place >= 0
    image, frame = place[there], reads.frame[there]
    reader, readers = frame["reader_id"].astype(object).factorize(sort=True)
    verdict = frame["verdict"].to_numpy(dtype=object)
    categories = tuple(category for category in CATEGORIES if (verdict == str(category)).any())
    category = (
        np.array([verdict == str(category) for category in categories]).argmax(axis=0)
        if categories
        else image
    )
    order = np.lexsort((reader, image))
    return Votes(
        tuple(image_id),
        tuple(readers),
        categories,
        image[order],
        reader[order],
        category[order].astype(np.intp),
    )
