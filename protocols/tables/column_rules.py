"""The columns of each table and their rules: the contract's tables as data.

Columns of a file are renamed in `column_mapping` and checked in `checks`. Source: the contract ("Tables").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from protocols.tables.records import Sex, Split, Status, Verdict, View

FINDING = "finding"  # of reads of several findings


class Kind(Enum):
    """The kind of a column's cells."""

    IDENTIFIER = auto()  # text, never empty
    CHOICE = auto()  # a word of the vocabulary; any other is refused
    CODE = auto()  # a word of the vocabulary; any other is unknown
    AGE = auto()  # years, or an age string; any other is unknown
    NUMBER = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One column under the suite's name; ``content`` states whether it belongs to the table's content hash."""

    name: str
    kind: Kind
    vocabulary: type[StrEnum] | None = None
    required: bool = True
    content: bool = True

    @property
    def words(self) -> list[str]:
        """The vocabulary in code-point order."""
        return sorted(map(str, self.vocabulary or ()))


@dataclass(frozen=True, slots=True)
class TableRule:
    """The columns of one table, and its key: the columns that together identify a row."""

    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    one_row: str

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def content(self) -> tuple[str, ...]:
        """The columns that belong to the table's content hash where a file has them."""
        return tuple(column.name for column in self.columns if column.content)

    @property
    def numeric(self) -> frozenset[str]:
        """The columns of numbers."""
        return frozenset(c.name for c in self.columns if c.kind in (Kind.AGE, Kind.NUMBER))

    def present(self, names: Sequence[str]) -> tuple[Column, ...]:
        """Return the declared columns among those of a file."""
        return tuple(column for column in self.columns if column.name in names)


IMAGE_ID = Column("image_id", Kind.IDENTIFIER)

STUDIES = TableRule(
    "studies",
    (
        IMAGE_ID,
        Column("patient_id", Kind.IDENTIFIER),
        Column("age_years", Kind.AGE),
        Column("sex", Kind.CODE, Sex),
        Column("view", Kind.CODE, View),
        Column("split", Kind.CHOICE, Split, required=False),
        Column("site", Kind.TEXT, required=False),
        Column("manufacturer", Kind.TEXT, required=False),
        Column("image_path", Kind.TEXT, required=False, content=False),  # location only
    ),
    key=("image_id",),
    one_row="image",
)
READS = TableRule(
    "reads",
    (
        IMAGE_ID,
        Column("reader_id", Kind.IDENTIFIER),
        Column("verdict", Kind.CHOICE, Verdict),
        Column(FINDING, Kind.TEXT, required=False),
    ),
    key=("image_id", "reader_id", FINDING),
    one_row="reader and image",
)
PREDICTIONS = TableRule(
    "predictions",
    (
        IMAGE_ID,
        Column("score", Kind.NUMBER),
        Column("status", Kind.CHOICE, Status, required=False),
        Column("reason", Kind.TEXT, required=False),
    ),
    key=("image_id",),
    one_row="image",
)
LABELS = TableRule("labels", (IMAGE_ID,), key=("image_id",), one_row="image")
BOXES = TableRule(
    "boxes",
    (IMAGE_ID, *(Column(name, Kind.NUMBER) for name in ("x", "y", "width", "height"))),
    key=("image_id", "x", "y", "width", "height"),
    one_row="box",
)
MARKS = TableRule(
    "marks",
    (IMAGE_ID, *(Column(name, Kind.NUMBER) for name in ("x", "y", "left", "top", "width", "height"))),
    key=("image_id",),
    one_row="image",
)
