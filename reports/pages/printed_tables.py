"""The tables of a finished page as text, cell by cell, as printed.

Owns the reading of tables from the HTML. Since it reads the printed text, a table as a file cannot differ from the
table on the page, and none can be missed. The files are `exports`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

GROUP = "Group"
WITHOUT_HEAD = ("Item", "Value")
SPACED = ("small", "br", "p", "li", "dd")


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A captioned table: its key in the templates, its caption, and columns and rows of text.

    A row that heads a group is not a row here: its text is in a first column, ``Group``.
    """

    key: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def printed_tables(html: str) -> tuple[PrintedTable, ...]:
    """Return every table of a page whose caption has a ``data-key``, in the order of the page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(_table(found) for found in reader.tables if found.key)


@dataclass
class _Row:
    cells: list[str] = field(default_factory=list)
    heads_group: bool = False


@dataclass
class _Found:
    """A table while it is read; ``head`` is whether the reader is within its ``thead``."""

    key: str = ""
    caption: list[str] = field(default_factory=list)
    header: list[_Row] = field(default_factory=list)
    rows: list[_Row] = field(default_factory=list)
    head: bool = False


class _Reader(HTMLParser):
    """Collects the text of captions and cells, including that of nested elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Found] = []
        self._table: _Found | None = None
        self._text: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self._table = _Found()
            self.tables.append(self._table)
        if self._table is None:
            return
        if tag == "caption":
            self._table.key = given.get("data-key") or ""
            self._text = []
        elif tag == "thead":
            self._table.head = True
        elif tag == "tr":
            (self._table.header if self._table.head else self._table.rows).append(_Row())
        elif tag in ("th", "td"):
            self._text, self._span = [], int(given.get("colspan") or 1)
            if given.get("scope") == "rowgroup":
                self._table.rows[-1].heads_group = True
        elif tag in SPACED and self._text is not None:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._table is None:
            return
        if tag == "caption" and self._text is not None:
            self._table.caption, self._text = self._text, None
        elif tag in ("th", "td") and self._text is not None:
            rows = self._table.header if self._table.head else self._table.rows
            rows[-1].cells += [_tidy(self._text), *[""] * (self._span - 1)]
            self._text = None
        elif tag == "thead":
            self._table.head = False
        elif tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


def _tidy(parts: Iterable[str]) -> str:
    """Join parts to one line, with plain spaces between words."""
    return re.sub(r"[ \n]+", " ", "".join(parts)).strip(" \n")


def _table(found: _Found) -> PrintedTable:
    grouped = any(row.heads_group for row in found.rows)
    rows, group = [], ""
    for row in found.rows:
        if row.heads_group:
            group = next((cell for cell in row.cells if cell), "")
        else:
            rows.append((group, *row.cells) if grouped else tuple(row.cells))
    width = max([len(row) for row in rows], default=0)
    named = _header(found.header)
    header = ((GROUP, *named) if grouped else named) if named else WITHOUT_HEAD
    width = max(width, len(header))
    return PrintedTable(
        found.key, _tidy(found.caption), _unique(header, width), tuple(_padded(row, width) for row in rows)
    )


def _header(rows: list[_Row]) -> tuple[str, ...]:
    """Return the names of the columns; each column under a spanning name takes that name."""
    columns: tuple[str, ...] = ()
    for row in rows:
        carried, names = "", []
        for cell in row.cells:
            carried = cell or carried
            names.append(carried)
        columns = tuple(
            " ".join(filter(None, pair)) for pair in zip(_padded(columns, len(names)), names, strict=True)
        )
    return columns


def _unique(header: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Return unique names, one per column."""
    taken: dict[str, int] = {}
    names = []
    for name in _padded(header, width):
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name} ({taken[name]})".strip())
    return tuple(names)


def _padded(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))
