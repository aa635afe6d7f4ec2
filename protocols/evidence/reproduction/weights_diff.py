"""Differences between two files of weights: the first array that differs, and by how much.

Owns the walk through the arrays of an HDF5 file. The promise of equal bytes is `comparisons`'; what the arrays mean
is the network's.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError

_DIGITS = re.compile(r"(\d+)")


def first_difference(recorded: Path, recomputed: Path) -> str:
    """Describe where two files of weights differ: the first array by name, and the largest difference of all.

    Names are in natural order (``conv_2`` before ``conv_10``).

    Raises:
        BadInputError: a file is not HDF5.
    """
    ours, theirs = _arrays(recorded), _arrays(recomputed)
    names = sorted({*ours, *theirs}, key=_natural_order)
    for name in names:
        if name not in ours or name not in theirs:
            return f"{name} is only in the {'recorded' if name in ours else 'recomputed'} ones"
        if ours[name].shape != theirs[name].shape:
            return f"{name} recorded with shape {ours[name].shape}, recomputed with {theirs[name].shape}"
    distances = {name: _distance(ours[name], theirs[name]) for name in names}
    moved = [name for name in names if distances[name] > 0]
    if not moved:
        return "every weight is equal, the file is written otherwise"
    farthest = max(moved, key=distances.__getitem__)
    return (
        f"{len(moved)} of {len(names)} arrays differ, first {moved[0]} by up to {distances[moved[0]]:.1e}; "
        f"largest difference {distances[farthest]:.1e} in {farthest}"
    )


def _arrays(path: Path) -> Mapping[str, NDArray[np.float64]]:
    import h5py

    found: dict[str, NDArray[np.float64]] = {}

    def visit(name: str, entry: object) -> None:
        if isinstance(entry, h5py.Dataset):
            found[name] = np.asarray(entry, dtype=np.float64)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except OSError as error:
        raise BadInputError(f"{path}: contains no weights (it is not HDF5).") from error
    return found


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the largest absolute difference; infinite where only one of two numbers is NaN, 0 for no numbers."""
    apart = np.abs(one - other)
    both_nan = np.isnan(one) & np.isnan(other)
    return float(np.nan_to_num(np.where(both_nan, 0.0, apart), nan=np.inf).max(initial=0.0))


def _natural_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name)]
