"""The guard band by hand: which images lie within 1e-5 of the threshold, and how that is said."""

import math

import pytest

from protocols.errors import BadInputError
from protocols.evidence.reproduction.guard_band import GuardBand, guard_band

NAN = math.nan
BANDS = [
    # scores, threshold, images in the band
    ([0.4, 0.6], 0.5, ()),
    ([0.5, 0.6], 0.5, ("i0",)),
    ([0.49999, 0.50001], 0.5, ("i0", "i1")),  # exactly the tolerance, on either side
    ([0.499989, 0.500011], 0.5, ()),  # one millionth further
    ([0.123466, 0.123446], 0.123456, ("i0", "i1")),  # no binary fraction: exactly the tolerance still
    ([NAN, 0.5, 0.9], 0.5, ("i1",)),  # an image without a score has no decision that could flip
    ([], 0.5, ()),
]


@pytest.mark.parametrize(("scores", "threshold", "expected"), BANDS)
def test_who_is_in_it_by_hand(scores: list[float], threshold: float, expected: tuple[str, ...]) -> None:
    names = [f"i{row}" for row in range(len(scores))]
    assert guard_band(names, scores, threshold).image_id == expected


def test_only_scores_are_counted_by_hand() -> None:
    assert guard_band(["a", "b", "c"], [NAN, 0.5, 0.9], 0.5) == GuardBand(1e-5, 2, ("b",))


def test_names_are_sorted_by_code_point() -> None:
    assert guard_band(["b", "B", "a"], [0.5, 0.5, 0.5], 0.5).image_id == ("B", "a", "b")


def test_its_sentence() -> None:
    none = guard_band(["a"], [0.9], 0.5)
    assert str(none) == "0 of 1 scores lie within 1e-05 of the threshold"
    many = GuardBand(1e-5, 5366, ("a", "b"))
    assert str(many) == "2 of 5,366 scores lie within 1e-05 of the threshold: a, b"
    most = GuardBand(1e-5, 5366, tuple(map(str, range(22))))
    assert str(most).endswith("of the threshold: " + ", ".join(map(str, range(20))) + " and 2 more")


def test_one_score_for_each_image_is_needed() -> None:
    with pytest.raises(BadInputError, match="received 1 for 2"):
        guard_band(["a", "b"], [0.5], 0.5)
