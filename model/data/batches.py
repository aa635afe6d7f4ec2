"""One epoch of training batches, in an order that depends on the seed and the epoch alone.

Images enter the graph as they are in the pack, one byte per pixel, and are converted there. The order comes from
raw Philox bits, which NumPy keeps stable; its permutation methods may change.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model import runtime
from model.runtime import keras


class Batches(keras.utils.PyDataset):
    """Images and labels of one epoch; sizes of batches differ by one at most, so none is tiny.

    Several GPUs (`runtime.replicas`) must divide a batch equally, so a batch is padded with its own images, their
    labels set to unknown: they do not contribute to the loss.

    Args:
        pixels: uint8 of shape (images, size, size), in memory or mapped from a file.
        rows: positions in ``pixels`` to learn from, of shape (n,).
        labels: 1, 0 or NaN for unknown, of shape (n, findings), in the order of ``rows``.
        batch_size: the largest size of a batch.
        seed: of the protocol.
        epoch: from 1.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        rows: NDArray[np.int64],
        labels: NDArray[np.floating[Any]],
        *,
        batch_size: int,
        seed: int,
        epoch: int,
    ) -> None:
        super().__init__()
        self._pixels = pixels
        self._rows = rows
        self._labels = labels.astype(np.float32)
        self._parts = np.array_split(
            epoch_order(len(rows), seed=seed, epoch=epoch), -(-len(rows) // batch_size)
        )

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        part = self._parts[index]
        shared = np.resize(part, -(-len(part) // runtime.replicas()) * runtime.replicas())
        pictures = np.asarray(self._pixels[self._rows[shared]])  # a copy: only these pages are read
        labels = self._labels[shared]
        labels[len(part) :] = np.nan
        return pictures[..., None], labels


def epoch_order(images: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return a permutation of ``images`` positions."""
    words = np.random.Philox(key=[seed, epoch]).random_raw(images)
    return np.argsort(words, kind="stable")
