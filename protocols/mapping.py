"""A file's own names and values -> the suite's, and the identity of what was read.

Owns which columns the contract knows and which of a file's columns count as its content. What the
cells mean is `admission`. Source: the contract ("Protocol: [columns], [values]", "content_sha256").
"""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from protocols.canonical import json_line, sha256_bytes
from protocols.errors import BadInputError
from protocols.records import FileIdentity, number
from protocols.schema import Protocol
from protocols.tables import AS_IT_IS, Reading, Table, listing, parse_table, read_content

STUDY_COLUMNS = ("image_id", "patient_id", "age_years", "sex", "view")
STUDY_EXTRAS = ("split", "site", "manufacturer")  # image_path only says where a file lies: it is no content
READ_COLUMNS = ("image_id", "reader_id", "verdict")
FINDING = "finding"  # of reads that are of several findings
PREDICTION_COLUMNS = ("image_id", "score")
PREDICTION_EXTRAS = ("status", "reason")


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table under the suite's names and values, with the identity of the file it came from."""

    table: Table
    file_sha256: str
    named: tuple[str, ...]

    def identity(self, *, numeric: AbstractSet[str], further: AbstractSet[str]) -> FileIdentity:
        """Hashes of the file and of the content that counts: contract columns, mapped ones and ``further``.

        One compact JSON array and a line feed a row; key columns first, the others by code point;
        numbers as floats, unknown numbers null; rows sorted.
        """
        keys = [name for name in ("image_id", "reader_id") if name in self.table.columns]
        others = sorted((set(self.named) | further) & set(self.table.columns) - set(keys))
        columns: list[Sequence[object]] = [
            [_number_or_none(cell) for cell in self.table.columns[name]]
            if name in numeric
            else self.table.columns[name]
            for name in [*keys, *others]
        ]
        lines = sorted(json_line(row).encode("utf-8") for row in zip(*columns, strict=True))
        return FileIdentity(self.file_sha256, sha256_bytes(b"".join(lines)))


def read_mapped(
    path: Path,
    contract_columns: Sequence[str],
    *,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    numeric: AbstractSet[str] = frozenset(),
    reading: Reading = AS_IT_IS,
) -> MappedTable:
    """Read a table and give columns and cells the suite's names.

    Args:
        path: the file.
        contract_columns: names of this table that the contract knows.
        columns: suite's name -> file's name.
        values: column -> file's value -> suite's value.
        numeric: columns of numbers, in which a decimal comma is read where ``reading`` says so.
        reading: how the file is read.

    Raises:
        BadInputError: as `read_table`, or a mapped name that the file lacks.
    """
    # Read once: the hash is of the bytes that were parsed, whatever happens to the file meanwhile.
    content = read_content(path)
    table = parse_table(path, content, reading)
    columns = columns or {}
    for name in columns.values():
        if name not in table.columns:
            raise BadInputError(
                f"{path}: the protocol's [columns] names {name!r}, which the file lacks; "
                f"it has {listing(table.columns)}."
            )
    taken = set(columns.values())
    frame = table.frame
    renamed = pd.DataFrame(
        {name: frame[name] for name in frame if name not in taken and name not in columns}
        | {ours: frame[theirs] for ours, theirs in columns.items()}
    )
    for name in numeric & set(renamed):
        as_given = renamed[name].isin(list((values or {}).get(name, ())))
        renamed[name] = renamed[name].where(as_given, table.with_points(renamed[name]))
    for name, translation in (values or {}).items():
        if name in renamed:
            renamed[name] = renamed[name].replace(dict(translation))
    named = tuple(str(name) for name in renamed if name in contract_columns or name in columns)
    return MappedTable(replace(table, frame=renamed), sha256_bytes(content), named)


def studies_table(path: Path, protocol: Protocol) -> MappedTable:
    """The studies table as a protocol maps it."""
    contract = (*STUDY_COLUMNS, *STUDY_EXTRAS)
    return read_mapped(
        path,
        contract,
        columns=protocol.columns.studies,
        values=protocol.values,
        numeric=protocol.number_columns,
        reading=Reading("studies", protocol.format.studies),
    )


def reads_table(path: Path, protocol: Protocol) -> MappedTable:
    """The reads table as a protocol maps it, and of reads of several findings those of the protocol's.

    Raises:
        BadInputError: as `read_mapped`, or the finding cannot be told.
    """
    contract = (*READ_COLUMNS, FINDING)
    mapped = read_mapped(
        path,
        contract,
        columns=protocol.columns.reads,
        values=protocol.values,
        reading=Reading("reads", protocol.format.reads),
    )
    return replace(mapped, table=_of_finding(mapped.table, protocol.reference_standard.finding))


def _of_finding(table: Table, finding: str | None) -> Table:
    there = sorted(set(table.columns.get(FINDING, ())))
    if finding is None:
        if len(there) > 1:
            raise BadInputError(
                f"{table.source}: has reads of {len(there)} findings ({listing(there)}); name one of them in the "
                "protocol as [reference_standard] finding."
            )
        return table
    if finding not in there:
        has = f"reads of {listing(there)}" if there else "no column 'finding'"
        raise BadInputError(
            f"{table.source}: has no read of [reference_standard] finding {finding!r}; the file has {has}."
        )
    return table.only((table.frame[FINDING] == finding).to_numpy())


def predictions_table(path: Path, protocol: Protocol) -> MappedTable:
    """The predictions table as a protocol maps it."""
    contract = (*PREDICTION_COLUMNS, *PREDICTION_EXTRAS)
    return read_mapped(
        path,
        contract,
        columns=protocol.columns.predictions,
        values=protocol.values,
        numeric={"score"},
        reading=Reading("predictions", protocol.format.predictions),
    )


def _number_or_none(cell: str) -> float | None:
    value = number(cell)
    return None if math.isnan(value) else value
