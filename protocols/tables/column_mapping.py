"""A file's column names and values -> the suite's, trimmed, with ages in years; and the identity of the content.

Owns which cells are changed on reading; `notices` reports the changes. Columns are declared in `column_rules`, cells
checked in `checks`. Source: the contract ("Tables", "Protocol: [columns], [values]", "content_sha256").
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from protocols.errors import BadInputError
from protocols.schema.protocol import Protocol
from protocols.storage.canonical import sha256_bytes
from protocols.storage.reading import read_content
from protocols.tables.ages import AGE_STRING, years
from protocols.tables.column_rules import (
    BOXES,
    FINDING,
    LABELS,
    MARKS,
    PREDICTIONS,
    READS,
    STUDIES,
    Kind,
    TableRule,
)
from protocols.tables.column_writer import json_rows
from protocols.tables.input_account import Notice
from protocols.tables.notices import (
    AGES,
    TRIMMED,
    of_dropped,
    of_near_duplicates,
    of_placeholders,
    of_rounded,
    of_unused_columns,
)
from protocols.tables.reading import (
    AS_IT_IS,
    TEXT,
    WHITE_SPACE,
    Reading,
    Table,
    constant,
    listing,
    parse_table,
)
from protocols.tables.records import FileIdentity, numbers_of

CONSENSUS = "consensus"  # the reader of a reference standard that has one final verdict per image
OTHER_FINDING, NO_READ, NO_SCORE = "other_finding", "no_read", "no_score"


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table under the suite's names and values, with the identity of the file it came from.

    Attributes:
        rule: the declared columns.
        table: the rows that count; those in ``excluded`` are left out.
        file_sha256: of the file's bytes.
        named: the columns that the contract declares or the protocol maps.
        rows_read: all rows of the file with content.
        excluded: rows that do not belong to this table, by reason.
        cells_trimmed, ages_converted: the number of cells changed.
        notices: what was changed or left out, for the user.
    """

    rule: TableRule
    table: Table
    file_sha256: str
    named: tuple[str, ...]
    rows_read: int
    excluded: Mapping[str, int] = field(default_factory=dict)
    cells_trimmed: int = 0
    ages_converted: int = 0
    notices: tuple[Notice, ...] = ()

    def identity(
        self, *, numeric: AbstractSet[str] = frozenset(), further: AbstractSet[str] = frozenset()
    ) -> FileIdentity:
        """Hash the file and the content that counts: contract columns, mapped ones and ``further``.

        One compact JSON array and a line feed per row; key columns first, the others by code point; numbers (declared
        or in ``numeric``) as floats, unknown numbers null; rows sorted.
        """
        frame = self.table.frame
        keys = [name for name in ("image_id", "reader_id") if name in frame]
        others = sorted((set(self.named) | further) & set(map(str, frame)) - set(keys))
        numeric = numeric | self.rule.numeric
        columns = [numbers_of(frame[name]) if name in numeric else frame[name] for name in [*keys, *others]]
        lines = sorted(json_rows(columns))
        return FileIdentity(self.file_sha256, sha256_bytes("".join(f"{line}\n" for line in lines).encode()))

    def only(self, kept: pd.Series, reason: str) -> "MappedTable":
        """Return the table of the rows where ``kept`` is True; ``reason`` names the others in the account."""
        left_out = int((~kept).sum())
        if not left_out:
            return self
        excluded = {**self.excluded, reason: left_out}
        return replace(self, table=self.table.only(kept.to_numpy(dtype=bool)), excluded=excluded)


def read_mapped(
    path: Path,
    rule: TableRule,
    *,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    categories: Iterable[str] = (),
    numeric: Iterable[str] = (),
    reading: Reading = AS_IT_IS,
) -> MappedTable:
    """Read a table and give columns and cells the suite's names.

    White space at either end of the cells of the columns that are used is removed, decimal commas become points where
    ``reading`` says so, then values are translated, then ages such as ``062Y`` become years.

    Args:
        path: the file.
        rule: the columns that the contract declares for this table.
        columns: suite's name -> file's name.
        values: column -> file's value -> suite's value.
        categories: further columns that the protocol uses as categories.
        numeric: further columns that the protocol uses as numbers.
        reading: how the file is read.

    Raises:
        BadInputError: as `read_table`, or a mapped name that the file lacks.
    """
    # Read once, so that the hash is of the bytes that were parsed even if the file changes meanwhile.
    content = read_content(path)
    table = parse_table(path, content, reading)
    columns = {ours: theirs.strip(WHITE_SPACE) for ours, theirs in (columns or {}).items()}
    frame = _renamed(table, columns, path)
    there = list(map(str, frame))
    declared = {column.name for column in rule.columns}
    numbers = {*rule.numeric, *numeric, *(set(there) - declared if rule is LABELS else ())}
    used = [name for name in there if name in {*declared, *columns, *categories, *numbers}]
    notices = [*of_dropped(table, rule), *of_unused_columns(frame, rule)]
    trimmed = _trim(frame, used, rule, notices)
    for name in numbers.intersection(used):
        frame[name] = table.with_points(frame[name])
    _translate(frame, values or {}, numbers, table)
    converted = _convert_ages(frame, rule, notices)
    identifiers = {column.name for column in rule.columns if column.kind is Kind.IDENTIFIER} - {"image_id"}
    for name in sorted({*identifiers, *categories}.intersection(there)):
        notices += of_placeholders(rule.table, name, frame[name]) if name in identifiers else ()
        notices += of_near_duplicates(rule.table, name, frame[name])
    for name in sorted({*identifiers, "score"}.intersection(there)):
        notices += of_rounded(rule.table, name, frame[name])
    named = tuple(name for name in there if name in rule.content or name in columns)
    return MappedTable(
        rule,
        replace(table, frame=frame),
        sha256_bytes(content),
        named,
        rows_read=table.rows,
        cells_trimmed=trimmed,
        ages_converted=converted,
        notices=tuple(notices),
    )


def _renamed(table: Table, columns: Mapping[str, str], path: Path) -> pd.DataFrame:
    """Return the cells under the suite's names: columns as they are, then those that the protocol names."""
    for name in columns.values():
        if name not in table.frame:
            raise BadInputError(
                f"{path}: the protocol's [columns] names {name!r}, which the file lacks; "
                f"it has {listing(map(str, table.frame))}."
            )
    taken = {*columns, *columns.values()}
    kept = {name: table.frame[name] for name in map(str, table.frame) if name not in taken}
    return pd.DataFrame(kept | {ours: table.frame[theirs] for ours, theirs in columns.items()})


def _trim(frame: pd.DataFrame, used: Iterable[str], rule: TableRule, notices: list[Notice]) -> int:
    """Remove white space at either end of cells, in place; return how many cells changed."""
    trimmed = 0
    for name in used:
        cells = frame[name].str.strip(WHITE_SPACE)
        changed = cells != frame[name]
        if changed.any():
            trimmed += int(changed.sum())
            notices += TRIMMED.of(rule.table, name, frame[name][changed])
            frame[name] = cells
    return trimmed


def _translate(
    frame: pd.DataFrame, values: Mapping[str, Mapping[str, str]], numbers: AbstractSet[str], table: Table
) -> None:
    """Put the suite's values in place of the file's, in place; numbers are compared with decimal points."""
    for name, translation in values.items():
        if name in frame:
            meaning = {word.strip(WHITE_SPACE): ours for word, ours in translation.items()}
            if name in numbers:
                words = table.with_points(pd.Series(list(meaning), dtype=TEXT))
                meaning |= dict(zip(words, meaning.values(), strict=True))
            known = frame[name].isin(list(meaning))
            frame[name] = frame[name].where(~known, frame[name].map(meaning))


def _convert_ages(frame: pd.DataFrame, rule: TableRule, notices: list[Notice]) -> int:
    """Convert DICOM age strings such as ``062Y`` to years, in place; return how many."""
    converted = 0
    for column in rule.present(list(map(str, frame))):
        if column.kind is Kind.AGE:
            aged = frame[column.name].str.fullmatch(AGE_STRING.pattern)
            converted = int(aged.sum())
            if converted:
                notices += AGES.of(rule.table, column.name, frame[column.name][aged])
                frame.loc[aged, column.name] = frame.loc[aged, column.name].map(years)
    return converted


def read_as_planned(
    path: Path, rule: TableRule, protocol: Protocol | None = None, *, reading: Reading | None = None
) -> MappedTable:
    """Read a table as a protocol maps it; without one, under the suite's own names.

    Args:
        path: the file.
        rule: of studies, reads, predictions or labels.
        protocol: the plan.
        reading: how the file is read, where the protocol's ``[format]`` does not apply.

    Raises:
        BadInputError: as `read_mapped`.
    """
    if protocol is None:
        return read_mapped(path, rule, reading=reading or Reading(rule.table))
    of_studies = rule is STUDIES
    return read_mapped(
        path,
        rule,
        columns=getattr(protocol.columns, rule.table),
        values=protocol.values,
        categories=protocol.category_columns if of_studies else (),
        numeric=protocol.number_columns if of_studies else (),
        reading=reading or Reading(rule.table, getattr(protocol.format, rule.table)),
    )


def studies_table(path: Path, protocol: Protocol | None = None) -> MappedTable:
    """Read the studies as a protocol maps them; without one, under the suite's own names."""
    return read_as_planned(path, STUDIES, protocol)


def reads_table(path: Path, protocol: Protocol | None = None, *, one_table: bool = False) -> MappedTable:
    """Read the reads as a protocol maps them; of reads of several findings, those of the protocol's finding.

    Args:
        path: the file.
        protocol: the plan.
        one_table: the file contains studies, reads and scores: a row without a verdict is not a read, and without a
            column ``reader_id`` the reader is ``consensus``.

    Raises:
        BadInputError: as `read_mapped`, or the finding is ambiguous or missing.
    """
    mapped = read_as_planned(path, READS, protocol)
    if one_table:
        mapped = _with_reads_alone(mapped)
    return _of_finding(mapped, protocol.reference_standard.finding) if protocol else mapped


def predictions_table(
    path: Path, protocol: Protocol | None = None, *, one_table: bool = False
) -> MappedTable:
    """Read the predictions as a protocol maps them.

    With ``one_table`` (see `reads_table`), a row without score and status is not a prediction.
    """
    mapped = read_as_planned(path, PREDICTIONS, protocol)
    frame = mapped.table.frame
    if not one_table or "score" not in frame:
        return mapped
    answered = frame["score"] != ""
    return mapped.only(answered | (frame["status"] != "") if "status" in frame else answered, NO_SCORE)


def labels_table(path: Path, protocol: Protocol | None = None) -> MappedTable:
    """Read a table of training labels as a protocol maps it; every column but ``image_id`` is a finding."""
    return read_as_planned(path, LABELS, protocol)


def boxes_table(path: Path, reading: Reading = AS_IT_IS) -> MappedTable:
    """Read a table of boxes."""
    return read_mapped(path, BOXES, reading=reading)


def marks_table(path: Path) -> MappedTable:
    """Read a table of marks."""
    return read_mapped(path, MARKS)


def _with_reads_alone(mapped: MappedTable) -> MappedTable:
    frame = mapped.table.frame
    if "reader_id" not in frame:
        frame = frame.assign(reader_id=constant(CONSENSUS, frame))
        named = (*mapped.named, "reader_id")
        mapped = replace(mapped, table=replace(mapped.table, frame=frame), named=named)
    return mapped.only(frame["verdict"] != "", NO_READ) if "verdict" in frame else mapped


def _of_finding(mapped: MappedTable, finding: str | None) -> MappedTable:
    table = mapped.table
    there = sorted(set(table.frame[FINDING])) if FINDING in table.frame else []
    if finding is None:
        if len(there) > 1:
            raise BadInputError(
                f"{table.source}: has reads of {len(there)} findings ({listing(there)}); name one of them in the "
                "protocol as [reference_standard] finding."
            )
        return mapped
    if finding not in there:
        has = f"reads of {listing(there)}" if there else "no column 'finding'"
        raise BadInputError(
            f"{table.source}: has no read of [reference_standard] finding {finding!r}; the file has {has}."
        )
    return mapped.only(table.frame[FINDING] == finding, OTHER_FINDING)
