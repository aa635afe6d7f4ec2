"""The table behind a figure: what is drawn, as columns and rows of text, to be listed, exported and drawn again.

Owns the form of these tables. Numbers are as results.json holds them, never rounded to what a figure prints; a value
that is not there is an empty cell.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.language.formatting import stated
from reports.provenance.source_marks import unmarked

Cell = str | int | float | None
BOUNDS = ("lower", "upper")


@dataclass(frozen=True, slots=True)
class FigureData:
    """Columns and rows; every row has one cell per column.

    ``beside`` holds what the figure prints of the whole table, such as a total, and no row has.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    beside: tuple[str, ...] = ()


def figure_data(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, beside: Sequence[Cell] = ()
) -> FigureData:
    """Make the table with its cells written out.

    >>> figure_data(("sex", "positives", "sensitivity"), [("F", 12, 0.5), ("M", 0, None)]).rows
    (('F', '12', '0.5'), ('M', '0', ''))
    """
    written = tuple(tuple(_written(cell) for cell in row) for row in rows)
    wrong = next((row for row in written if len(row) != len(header)), None)
    if wrong is not None:
        raise ValueError(f"a row of {len(wrong)} cells under {len(header)} columns: {wrong}")
    return FigureData(tuple(header), written, tuple(map(_written, beside)))


def bounds(interval: tuple[float, float] | None) -> tuple[float | None, float | None]:
    """Return the two cells of an interval, empty where there is none."""
    return (None, None) if interval is None else interval


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    return unmarked(stated(cell) if isinstance(cell, float) else str(cell))
