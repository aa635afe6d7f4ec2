"""The sample of pictures and what it says."""

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.cohorts.profile.pictures import GreyLevels, files_of, picture_profile, spread_over
from protocols.tables.records import Studies

RNG = np.random.default_rng(510)


@given(
    available=st.dictionaries(st.sampled_from("abc"), st.integers(0, 50), min_size=1),
    total=st.integers(0, 120),
)
def test_a_sample_is_as_equal_as_it_can_be(available: dict[str, int], total: int) -> None:
    taken = spread_over(available, total)
    assert sum(taken.values()) == min(total, sum(available.values()))
    assert all(taken[name] <= available[name] for name in available)
    # a class gives less than another only where it has no more, or by the one that cannot be shared out
    for one in available:
        for other in available:
            assert taken[one] >= taken[other] - 1 or taken[one] == available[one]


def test_mean_and_deviation_against_numpy() -> None:
    pixels = RNG.integers(0, 256, (37, 51), dtype=np.uint8)
    levels = GreyLevels(37, 51, tuple(np.bincount(pixels.ravel(), minlength=256).tolist()))
    assert levels.mean == pytest.approx(pixels.mean(), abs=1e-12)
    assert levels.deviation == pytest.approx(pixels.std(), abs=1e-12)


def test_at_most_so_many_are_decoded_in_the_order_of_hashes_by_hand(
    make_studies: Callable[..., Studies], folder_of: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [f"i{number}" for number in range(6)]
    grey = {image: np.full((2, 2), 40 * number, np.uint8) for number, image in enumerate(images)}
    studies = make_studies(images)
    monkeypatch.setattr("protocols.cohorts.profile.pictures.MOST_SAMPLED", 2)
    told: list[tuple[int, int]] = []
    found = picture_profile(
        studies,
        ["positive"] * 6,
        files_of(studies, folder_of(grey)),  # type: ignore[arg-type]
        workers=1,
        progress=lambda done, total: told.append((done, total)),
    )
    first = sorted(images, key=lambda image: hashlib.sha256(image.encode()).hexdigest())[:2]
    assert found is not None
    assert found.sampled == 2
    assert found.looks["positive"].means.mean == np.mean([40 * images.index(image) for image in first])
    assert told == [(1, 2), (2, 2)]
