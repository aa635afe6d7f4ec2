"""The functions of the benchmark of images on a few small pictures: that they run and say what they compare."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks import images, packing


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Forty pictures, two different ones in turn, of a side that the gate lets through."""
    for module in (images, packing):
        monkeypatch.setattr(module, "IMAGE_SIZE", 32)
    pictures = []
    for number in range(2):
        pixels = np.random.default_rng(number).integers(0, 256, (200, 200), np.uint8)
        pictures.append(tmp_path / f"{number}.png")
        Image.fromarray(pixels).save(pictures[-1])
    return images.repeated(pictures, 40, tmp_path / "images")


def test_pictures_are_repeated_in_turn_by_hand(folder: Path) -> None:
    packed = images.packed(folder, 40, folder.parent / "work")
    assert packed.faults == packed.out_of_scope == {}
    np.testing.assert_array_equal(packed.pixels[0], packed.pixels[38])
    assert (packed.pixels[0] != packed.pixels[1]).any()


def test_a_packing_is_measured(folder: Path) -> None:
    done = images.packing(folder, 40)
    assert done.seconds > 0
    assert 20 < done.mebibytes < 2_000


def test_synthetic_pictures_are_of_the_size_of_the_originals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "SHARED_DATA", tmp_path)
    monkeypatch.setattr(images, "SYNTHETIC", 2)
    assert [images.decode_plainly(path).shape for path in images.originals(tmp_path)] == [(1024, 1024)] * 2


@pytest.mark.slow
def test_epochs_and_scoring_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from model import runtime

    runtime.start("cpu")  # before the first operation of this process, as every test of networks does
    monkeypatch.setattr(images, "NETWORKS", ("compact",))
    packed = images.packed(folder, 40, folder.parent / "work")
    epochs = images.epoch_rows(folder, packed, times=1)
    assert [row[0] for row in epochs][:3] == [
        "from the pack",
        "one batch in memory, again and again",
        "every file decoded, one thread",
    ]
    assert epochs[0][2] == "1.00"
    assert len(images.inference_rows(packed.pixels, times=1)) == 1
