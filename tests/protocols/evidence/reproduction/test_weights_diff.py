"""Two files of weights by hand: the first array that differs, in the order of people, and the largest difference."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from protocols.errors import BadInputError
from protocols.evidence.reproduction.weights_diff import first_difference

ONES = {"conv_2": [1.0, 1.0], "conv_10": [1.0], "dense": [1.0]}
CASES = [
    ({"dense": [1.5]}, "1 of 3 arrays differ, first dense by up to 5.0e-01; largest difference 5.0e-01 in dense"),
    (
        {"conv_2": [1.0, 0.75], "conv_10": [2.0]},
        "2 of 3 arrays differ, first conv_2 by up to 2.5e-01; largest difference 1.0e+00 in conv_10",
    ),
    ({"more": [1.0]}, "more is only in the recomputed ones"),
    ({"conv_10": [1.0, 1.0]}, "conv_10 recorded with shape (1,), recomputed with (2,)"),
    ({"dense": [np.nan]}, "1 of 3 arrays differ, first dense by up to inf; largest difference inf in dense"),
    ({}, "every weight is equal, the file is written otherwise"),
]  # fmt: skip


def write(path: Path, arrays: dict[str, list[float]]) -> Path:
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file.create_dataset(name, data=np.array(values))
    return path


@pytest.mark.parametrize(("changed", "words"), CASES)
def test_the_first_difference_by_hand(tmp_path: Path, changed: dict[str, list[float]], words: str) -> None:
    recorded, recomputed = write(tmp_path / "a.h5", ONES), write(tmp_path / "b.h5", ONES | changed)
    assert first_difference(recorded, recomputed) == words


def test_an_array_that_is_not_there_any_more_is_named(tmp_path: Path) -> None:
    recorded, recomputed = write(tmp_path / "a.h5", ONES), write(tmp_path / "b.h5", {"dense": [1.0]})
    assert first_difference(recorded, recomputed) == "conv_2 is only in the recorded ones"


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.h5").write_bytes(b"no weights")
    with pytest.raises(BadInputError, match=r"b\.h5: contains no weights"):
        first_difference(write(tmp_path / "a.h5", ONES), tmp_path / "b.h5")
