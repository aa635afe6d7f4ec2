"""The level of each image on each axis, independently of the first implementation, in plain Python.

Owns bins, intersections and the level ``unknown``. Written from the contract ("Statistics", 6) without a line of the
first implementation.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise, product

from protocols.schema.protocol import Protocol
from protocols.schema.subgroups import EVERY_LEVEL, SubgroupLevel
from validation.independent.cohort import Image
from validation.independent.tables import number, years

LevelName = tuple[str, str]

UNKNOWN = "unknown"
SETS = {"sex": ("F", "M", "O"), "view": ("PA", "AP", "LATERAL")}
WHOLE: LevelName = ("overall", "all")


def level_of(cell: str, column: str, cuts: Sequence[float] | None) -> str:
    """Return the level of one cell; half-open bins where there are cut points."""
    if cuts is None:
        return cell if cell and cell in SETS.get(column, (cell,)) else UNKNOWN
    value = years(cell) if column == "age_years" else number(cell)
    return UNKNOWN if value is None else bins(cuts)[bisect_right(cuts, value)]


def unknown_on(axis: str, analysed: Sequence[Image], protocol: Protocol) -> int:
    """Count the images that are unknown on an axis; on an intersection, on any of its parts."""
    columns = {part: protocol.cut_points(part) for part in axis.split(",")}
    return sum(
        any(level_of(image.cells[part], part, cuts) == UNKNOWN for part, cuts in columns.items())
        for image in analysed
    )


def bins(cuts: Sequence[float]) -> list[str]:
    """Name the bins: <18, 18-44, >=45; one that is a year wide is 17, one with a fraction is 0.5 to <2."""
    names = [f"<{_plain(cuts[0])}"]
    for low, high in pairwise(cuts):
        if not (low.is_integer() and high.is_integer()):
            names.append(f"{_plain(low)} to <{_plain(high)}")
        else:
            names.append(_plain(low) if high - low == 1 else f"{_plain(low)}-{_plain(high - 1)}")
    return [*names, f">={_plain(cuts[-1])}"]


def _plain(cut: float) -> str:
    return str(int(cut)) if cut.is_integer() else repr(cut)


def levels(analysed: Sequence[Image], protocol: Protocol) -> dict[LevelName, list[Image]]:
    """Map (axis, level) to its images, the whole cohort first, then each axis of the protocol, levels in order."""
    found: dict[LevelName, list[Image]] = {WHOLE: list(analysed)}
    of_criteria = [
        criterion.subgroup for criterion in protocol.criteria if isinstance(criterion.subgroup, SubgroupLevel)
    ]
    named = {(one.axis, one.level) for one in of_criteria if one.level != EVERY_LEVEL}
    for axis in protocol.subgroups:
        columns = {part: protocol.cut_points(part) for part in axis.parts}
        cells: dict[str, list[Image]] = defaultdict(list)
        present: dict[str, set[str]] = {part: set() for part in columns}
        for image in analysed:
            parts = [level_of(image.cells[part], part, cuts) for part, cuts in columns.items()]
            cells[",".join(parts)].append(image)
            for part, level in zip(columns, parts, strict=True):
                present[part].add(level)
        orders = [_order(present[part], cuts) for part, cuts in columns.items()]
        for name in (",".join(parts) for parts in product(*orders)):
            if name in cells or (len(columns) == 1 and name != UNKNOWN):
                found[axis.name, name] = cells[name]
        for name in sorted(level for of_axis, level in named if of_axis == axis.name):
            found.setdefault((axis.name, name), [])
    return found


def _order(present: set[str], cuts: Sequence[float] | None) -> list[str]:
    known = bins(cuts) if cuts else sorted(present - {UNKNOWN})
    return [*known, UNKNOWN]
