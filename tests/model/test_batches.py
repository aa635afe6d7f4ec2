"""The order of an epoch: everything once, from seed and epoch alone."""

import numpy as np
import pytest

from model.batches import Batches, epoch_order


@pytest.mark.parametrize("images", [1, 2, 37])
def test_every_image_once_an_epoch(images: int) -> None:
    assert sorted(epoch_order(images, seed=510, epoch=1)) == list(range(images))


def test_order_against_itself() -> None:
    # np.argsort(np.random.Philox(key=[510, 1]).random_raw(8)), raw bits that NumPy promises to keep
    assert epoch_order(8, seed=510, epoch=1).tolist() == [0, 4, 3, 2, 5, 7, 1, 6]


@pytest.mark.parametrize(("seed", "epoch"), [(510, 2), (511, 1)])
def test_order_changes_with_seed_and_epoch(seed: int, epoch: int) -> None:
    assert epoch_order(50, seed=510, epoch=1).tolist() != epoch_order(50, seed=seed, epoch=epoch).tolist()


def test_batches_pair_pictures_with_their_labels_and_none_is_tiny() -> None:
    pixels = np.arange(33, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    batches = Batches(pixels, np.arange(33), batch_size=16, seed=1, epoch=1)
    parts = [batches[index] for index in range(len(batches))]
    assert [len(labels) for _, labels in parts] == [11, 11, 11]
    for pictures, labels in parts:
        assert pictures.shape == (11, 2, 2, 1) and labels.shape == (11, 1)
        np.testing.assert_array_equal(pictures[:, 0, 0, 0], labels[:, 0])
