"""The order of an epoch: everything once, from seed and epoch alone."""

from pathlib import Path

import numpy as np
import pytest

from model import runtime
from model.data.batches import Batches, epoch_order


@pytest.mark.parametrize("images", [1, 2, 37])
def test_every_image_once_an_epoch(images: int) -> None:
    assert sorted(epoch_order(images, seed=510, epoch=1)) == list(range(images))


def test_order_against_itself() -> None:
    # np.argsort(np.random.Philox(key=[510, 1]).random_raw(8)), raw bits that NumPy promises to keep
    assert epoch_order(8, seed=510, epoch=1).tolist() == [0, 4, 3, 2, 5, 7, 1, 6]


@pytest.mark.parametrize(("seed", "epoch"), [(510, 2), (511, 1)])
def test_order_changes_with_seed_and_epoch(seed: int, epoch: int) -> None:
    assert epoch_order(50, seed=510, epoch=1).tolist() != epoch_order(50, seed=seed, epoch=epoch).tolist()


def test_batches_pair_images_with_their_labels_and_none_is_tiny(tmp_path: Path) -> None:
    np.save(
        tmp_path / "pixels.npy", np.arange(40, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8)
    )
    pixels = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    rows = np.arange(39, 6, -1)  # neither all of the pack nor in its order
    labels = np.column_stack([rows, np.where(rows % 2 == 0, np.nan, 1.0)])
    batches = Batches(pixels, rows, labels, batch_size=16, seed=1, epoch=1)
    parts = [batches[index] for index in range(len(batches))]
    assert [len(known) for _, known in parts] == [11, 11, 11]
    for pictures, known in parts:
        assert type(pictures) is np.ndarray and pictures.dtype == np.uint8 and known.dtype == np.float32
        assert pictures.shape == (11, 2, 2, 1) and known.shape == (11, 2)
        np.testing.assert_array_equal(pictures[:, 0, 0, 0], known[:, 0])
        np.testing.assert_array_equal(np.isnan(known[:, 1]), known[:, 0] % 2 == 0)
    everything = np.concatenate([known[:, 0] for _, known in parts])
    assert sorted(everything) == sorted(rows)


@pytest.mark.parametrize(("images", "batch_size"), [(1, 16), (16, 16), (17, 16), (513, 32)])
def test_sizes_differ_by_one_at_most(images: int, batch_size: int) -> None:
    pixels = np.zeros((images, 1, 1), np.uint8)
    batches = Batches(
        pixels, np.arange(images), np.zeros((images, 1)), batch_size=batch_size, seed=1, epoch=2
    )
    sizes = {len(batches[index][1]) for index in range(len(batches))}
    assert max(sizes) <= batch_size and max(sizes) - min(sizes) <= 1


def test_parts_of_several_gpus_are_equal_and_what_fills_them_up_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime, "replicas", lambda: 4)
    pixels = np.arange(6, dtype=np.uint8)[:, None, None]
    batches = Batches(pixels, np.arange(6), np.ones((6, 2)), batch_size=3, seed=1, epoch=1)
    parts = [batches[index] for index in range(2)]
    for pictures, labels in parts:
        assert pictures.shape == (4, 1, 1, 1)
        assert pictures[3] == pictures[0] and np.isnan(labels[3]).all() and (labels[:3] == 1).all()
    assert sorted(int(picture.item()) for pictures, _ in parts for picture in pictures[:3]) == list(range(6))
