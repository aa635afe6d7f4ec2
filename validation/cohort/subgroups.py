"""Subgroup axes: the level of each image on each axis, and the order of the levels.

Owns bins, intersections and the level ``unknown``. The minimum size of a level is `estimates`.
Source: the contract ("Statistics", 6).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.schema.protocol import Protocol
from protocols.schema.subgroups import EVERY_LEVEL, SubgroupAxis, SubgroupLevel
from protocols.tables.records import Sex, Studies, View

UNKNOWN_LEVEL = "unknown"
CLOSED_SETS = {"sex": tuple(str(sex) for sex in Sex), "view": tuple(str(view) for view in View)}


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis over all studies.

    Attributes:
        name: the column, or the columns of an intersection joined by commas.
        levels: every level that may be reported, in order, ``unknown`` last where it occurs.
        codes: index into ``levels`` of each study, shape (studies,).
        always: levels reported also when empty: bins, and levels that a criterion names.
        known: levels without an unknown part.
    """

    name: str
    levels: tuple[str, ...]
    codes: NDArray[np.intp]
    always: frozenset[str]
    known: frozenset[str]

    def emitted(self, analysed: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the reported levels in order: those that are required and those that are not empty."""
        present = {self.levels[code] for code in np.unique(self.codes[analysed])}
        return tuple(level for level in self.levels if level in present | self.always)

    def members(self, level: str) -> NDArray[np.bool_]:
        """Return whether each study is of a level, shape (studies,)."""
        members: NDArray[np.bool_] = self.codes == self.levels.index(level)
        return members


def axes_of(protocol: Protocol, studies: Studies) -> tuple[Axis, ...]:
    """Return the protocol's axes in its order.

    Raises:
        BadInputError: an axis is not a column, a criterion names a level that its axis cannot have, or a value in
            an intersection contains a comma.
    """
    return tuple(
        _intersection(protocol, group, studies)
        if len(group.parts) > 1
        else _single(protocol, group.name, studies)
        for group in protocol.subgroups
    )


def bin_names(cut_points: Sequence[float]) -> tuple[str, ...]:
    """Name the half-open bins between rising cut points.

    >>> bin_names([17, 18, 45])
    ('<17', '17', '18-44', '>=45')
    """
    names = [f"<{_plain(cut_points[0])}"]
    for low, high in itertools.pairwise(cut_points):
        if low == int(low) and high == int(high):
            last = int(high) - 1
            names.append(str(last) if last == low else f"{int(low)}-{last}")
        else:
            names.append(f"{_plain(low)} to <{_plain(high)}")
    return (*names, f">={_plain(cut_points[-1])}")


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _single(protocol: Protocol, name: str, studies: Studies) -> Axis:
    cut_points = protocol.cut_points(name)
    named = _levels_named(protocol, name)
    if cut_points is None:
        _refuse_impossible_levels(protocol, name, named, CLOSED_SETS.get(name))
        given = studies.cells(name)
        cells = given.where(given != "", UNKNOWN_LEVEL).to_numpy(dtype=object)
        known = sorted({*np.unique(cells), *named} - {UNKNOWN_LEVEL})
        return _axis(name, known, cells, always=named)
    bins = bin_names(cut_points)
    _refuse_impossible_levels(protocol, name, named, bins)
    numbers = studies.numbers(name)
    places = np.searchsorted(np.asarray(cut_points), numbers, side="right")
    cells = np.where(
        np.isnan(numbers), UNKNOWN_LEVEL, np.array(bins, dtype=object)[places.clip(0, len(bins) - 1)]
    )
    return _axis(name, bins, cells, always={*bins, *named})


def _intersection(protocol: Protocol, group: SubgroupAxis, studies: Studies) -> Axis:
    parts = [_single(protocol, part, studies) for part in group.parts]
    for part in parts:
        for level in part.levels:
            if "," in level:
                raise BadInputError(
                    f"{studies.source}: {part.name} has the value {level!r}, whose comma would be mistaken for "
                    f"a border in axis {group.name!r}; rename it in the protocol's [values.{part.name}]."
                )
    named = _levels_named(protocol, group.name)
    order = [",".join(levels) for levels in itertools.product(*((*p.levels, UNKNOWN_LEVEL) for p in parts))]
    # Position of each study in the product of the parts' levels; each part has one level more, ``unknown``.
    sizes = [len(part.levels) + 1 for part in parts]
    places = np.ravel_multi_index([part.codes for part in parts], sizes)
    present = {order[place] for place in np.unique(places)}
    for level in sorted(named - set(order)):
        raise _no_such_level(protocol, group.name, level, sorted(present))
    levels = tuple(level for level in dict.fromkeys(order) if level in present | named)
    known = frozenset(level for level in levels if UNKNOWN_LEVEL not in level.split(","))
    index = {level: code for code, level in enumerate(levels)}
    codes = np.array([index.get(level, -1) for level in order], dtype=np.intp)[places]
    return Axis(group.name, levels, codes, frozenset(named), known)


def _axis(name: str, known: Sequence[str], cells: NDArray[np.object_], *, always: set[str]) -> Axis:
    unknown = UNKNOWN_LEVEL in always or bool((cells == UNKNOWN_LEVEL).any())
    levels = (*known, UNKNOWN_LEVEL) if unknown else tuple(known)
    codes = pd.Index(levels, dtype=object).get_indexer(pd.Index(cells, dtype=object))
    return Axis(name, levels, codes, frozenset(always), frozenset(known))


def _levels_named(protocol: Protocol, axis: str) -> set[str]:
    subgroups = (criterion.subgroup for criterion in protocol.criteria)
    return {
        subgroup.level
        for subgroup in subgroups
        if isinstance(subgroup, SubgroupLevel) and subgroup.axis == axis and subgroup.level != EVERY_LEVEL
    }


def _refuse_impossible_levels(
    protocol: Protocol, axis: str, named: set[str], possible: Sequence[str] | None
) -> None:
    for level in sorted(named - {UNKNOWN_LEVEL}):
        if possible is not None and level not in possible:
            raise _no_such_level(protocol, axis, level, possible)


def _no_such_level(protocol: Protocol, axis: str, level: str, possible: Sequence[str]) -> BadInputError:
    wanted = SubgroupLevel(axis=axis, level=level)
    criterion = next(c.id for c in protocol.criteria if c.subgroup == wanted)
    return BadInputError(
        f"protocol {protocol.id!r}: criterion {criterion!r} names level {level!r}, which axis {axis!r} cannot have; "
        f"it has {', '.join(repr(name) for name in possible)}."
    )
