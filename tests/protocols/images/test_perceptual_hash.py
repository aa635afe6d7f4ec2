"""The perceptual hash: its robustness, its discrimination, and the search against counting pair by pair."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from protocols.images.decode import read_image
from protocols.images.perceptual_hash import BITS, NEAR, distance, likeness, nearest

Pixels = NDArray[np.uint8]
HASH = st.binary(min_size=72, max_size=72).map(lambda raw: raw.hex())


def rounded(values: NDArray[np.float64]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels) -> Pixels:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=50)
    return np.asarray(Image.open(buffer))


def resized(pixels: Pixels, size: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR))


COPIES = {
    "half the size": lambda pixels: resized(pixels, 160),
    "three times the size": lambda pixels: resized(pixels, 960),
    "jpeg": jpeg,
    "brighter": lambda pixels: rounded(pixels * 1.2),
    "darker": lambda pixels: rounded(pixels * 0.8),
    "more contrast": lambda pixels: rounded((pixels - pixels.mean()) * 1.2 + pixels.mean()),
    "less contrast": lambda pixels: rounded((pixels - pixels.mean()) * 0.8 + pixels.mean()),
}


@pytest.fixture(scope="module")
def radiographs(shared_data: Path) -> dict[str, Pixels]:
    """Return a hundred radiographs of 320 pixels, one per patient, by name."""
    by_patient = {
        path.name.split("_")[0]: path for path in sorted((shared_data / "nih" / "images-320").glob("*.png"))
    }
    return {path.name: read_image(path).pixels for path in list(by_patient.values())[::6][:100]}


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_real_radiographs_are_near(name: str, radiographs: dict[str, Pixels]) -> None:
    apart = [distance(likeness(pixels), likeness(COPIES[name](pixels))) for pixels in radiographs.values()]
    assert max(apart) <= NEAR


def test_real_radiographs_of_different_patients_are_not_near(radiographs: dict[str, Pixels]) -> None:
    hashes = [likeness(pixels) for pixels in radiographs.values()]
    apart = [distance(one, other) for place, one in enumerate(hashes) for other in hashes[:place]]
    assert min(apart) > 1.5 * NEAR


def test_originals_are_near_their_small_versions(shared_data: Path) -> None:
    for path in sorted((shared_data / "nih" / "images-1024").glob("*.png")):
        small = read_image(shared_data / "nih" / "images-320" / path.name)
        assert distance(likeness(read_image(path).pixels), likeness(small.pixels)) <= NEAR // 2


def test_a_ramp_by_hand() -> None:
    # only frequencies down the columns: the odd ones fall, the even ones and all others are 0
    ramp = np.repeat(np.arange(64, dtype=np.uint8)[:, None], 64, axis=1)
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(likeness(ramp)), np.uint8))
    assert not bits.any()
    upside_down = np.unpackbits(np.frombuffer(bytes.fromhex(likeness(ramp[::-1])), np.uint8))
    assert np.flatnonzero(upside_down).tolist() == [k * 24 - 1 for k in range(1, 24, 2)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (3, 2), (2048, 300)])
def test_any_shape_has_a_hash(shape: tuple[int, int]) -> None:
    hashed = likeness(np.arange(shape[0] * shape[1], dtype=np.uint32).reshape(shape).astype(np.uint8))
    assert len(hashed) == (BITS + 1) // 4


def test_distance_by_hand() -> None:
    assert distance("00" * 72, "01" * 72) == 72


@given(st.lists(HASH, max_size=8), st.lists(HASH, max_size=8), st.integers(0, 400), st.data())
def test_nearest_against_pair_by_pair(
    these: list[str], among: list[str], limit: int, data: st.DataObject
) -> None:
    if among and data.draw(st.booleans()):
        these = [*these, data.draw(st.sampled_from(among))]
    expected = []
    for one in these:
        apart = [distance(one, other) for other in among]
        within = [place for place, bits in enumerate(apart) if bits <= limit]
        expected.append(min(within, key=lambda place: apart[place]) if within else -1)
    assert nearest(these, among, limit=limit).tolist() == expected


def test_nearest_across_blocks_by_hand() -> None:
    rng = np.random.default_rng(5)
    among = [row.tobytes().hex() for row in rng.integers(0, 256, (9000, 72), dtype=np.uint8)]
    places = [0, 4095, 4096, 8999, *range(100, 200)]
    these = [among[place][:-2] + "00" for place in places]
    assert nearest(these, among).tolist() == places
