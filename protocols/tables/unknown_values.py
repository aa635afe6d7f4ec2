"""Unusable values of the studies: count, examples, likely cause and the lines of the protocol that correct it.

Owns the sentences. Which values are unknown is decided in `checks`, which images count by the caller.
Source: the contract ("Accepted and counted").
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.tables.column_rules import STUDIES
from protocols.tables.input_account import Notice
from protocols.tables.notices import counted, examples_of, quoted
from protocols.tables.records import Studies

VOCABULARY = {column.name: column.words for column in STUDIES.columns if column.vocabulary}


def unknown_values(
    studies: Studies,
    members: NDArray[np.bool_],
    *,
    what: str = "image",
    axes: Mapping[str, NDArray[np.bool_]] | None = None,
    criteria: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Notice]:
    """Yield a notice for each column of which the value is unknown for some images.

    Args:
        studies: the checked studies.
        members: which images count, shape (studies,).
        what: the noun for one of them in the sentence.
        axes: further columns, and for which images they are unknown, shape (studies,) each.
        criteria: the criteria that a column affects.
    """
    unknown = {
        "age_years": np.isnan(studies.age_years),
        **{name: (studies.frame[name] == "").to_numpy(dtype=np.bool_) for name in ("sex", "view")},
        **(axes or {}),
    }
    for column, of_column in unknown.items():
        missing = of_column & members
        if missing.any():
            cells = (studies.given if column in studies.given else studies.frame)[column][missing]
            total = counted(int(members.sum()), what)
            yield _notice(column, cells, total, tuple((criteria or {}).get(column, ())))


def _notice(column: str, cells: pd.Series, total: str, criteria: tuple[str, ...]) -> Notice:
    examples = examples_of(cells[cells != ""])
    cause, remedy = _remedy(column, examples)
    given = quoted(examples) or "empty"
    return Notice(
        kind=f"{column}_unknown" if column in ("age_years", "sex", "view") else "axis_unknown",
        text=f"studies: {column} is unknown for {len(cells):,} of {total} ({given}){remedy}.",
        table="studies",
        column=column,
        count=len(cells),
        examples=examples,
        cause=cause,
        criteria=criteria,
    )


def _remedy(column: str, examples: Sequence[str]) -> tuple[str | None, str]:
    """Return the likely cause, and the lines of the protocol that correct it."""
    found = [(cell, *_meaning(column, cell)) for cell in examples]
    if not found:
        return None, ""
    lines = [f'"{cell}" = "{meant}"' for cell, _, meant in found if meant]
    remedies = [f"[values.{column}] {', '.join(lines)}"] if lines else []
    if len(lines) < len(found):
        remedies.insert(0, '[format.studies] decimal = ","')
    return found[0][1], f"; to use them, write {' and '.join(remedies)}"


def _meaning(column: str, cell: str) -> tuple[str, str | None]:
    """Return the likely cause and what the cell may mean; None where the file's decimals are to be declared."""
    if column == "age_years":
        whole, comma, rest = cell.partition(",")
        if comma and whole.isdigit() and rest.isdigit():
            return "decimal comma", None
        digits = "".join(letter if letter.isdigit() else " " for letter in cell).split()
        return "words for numbers", digits[0] if digits else "YEARS"
    by_case = {word.casefold(): word for word in VOCABULARY.get(column, ())}
    if cell.casefold() in by_case:
        return "letter case", by_case[cell.casefold()]
    return "words for codes", " or ".join(sorted(by_case.values())) or "LEVEL"
