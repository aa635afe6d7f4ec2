"""One epoch of training batches, in an order that depends on the seed and the epoch alone.

The order comes from raw Philox bits, which NumPy promises to keep; its permutation methods may change.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.runtime import keras


class Batches(keras.utils.PyDataset):
    """Pictures and labels of one epoch; sizes of batches differ by one at most, so none is tiny.

    Args:
        pixels: uint8 of shape (images, size, size).
        labels: 1 or 0 of shape (images,).
        batch_size: the largest size of a batch.
        seed: of the protocol.
        epoch: from 1.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        labels: NDArray[np.int64],
        *,
        batch_size: int,
        seed: int,
        epoch: int,
    ) -> None:
        super().__init__()
        self._pixels = pixels
        self._labels = labels
        self._parts = np.array_split(
            epoch_order(len(labels), seed=seed, epoch=epoch), -(-len(labels) // batch_size)
        )

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        rows = self._parts[index]
        return self._pixels[rows][..., None], self._labels[rows, None].astype("float32")


def epoch_order(images: int, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """A permutation of ``images`` positions."""
    words = np.random.Philox(key=[seed, epoch]).random_raw(images)
    return np.argsort(words, kind="stable")
