"""Tables of text -> typed records: what is refused, and what is accepted as unknown.

Owns the checks; their rules are declared in `column_rules`. Files are read in `reading`, columns renamed in
`column_mapping`, records joined in `validation.cohort.join`. Source: the contract ("Tables").
"""

import json
import re
from functools import partial

import numpy as np
import pandas as pd

from protocols.errors import BadInputError
from protocols.tables.ages import plausible
from protocols.tables.column_rules import LABELS, PREDICTIONS, READS, STUDIES, Column, Kind, TableRule
from protocols.tables.reading import Table, constant
from protocols.tables.records import UNKNOWN, Labels, Predictions, Reads, Status, Studies, numbers_of

LABEL_VALUES = {"1": 1.0, "1.0": 1.0, "0": 0.0, "0.0": 0.0, "": np.nan}


def checked(table: Table, rule: TableRule) -> pd.DataFrame:
    """Check a table against its rule and return its frame, with rows numbered from 0.

    Raises:
        BadInputError: a required column is missing, an identifier is empty, a word is not in the vocabulary of its
            column, or two rows have the same key.
    """
    table.require(rule.required)
    frame = table.frame
    present = rule.present(list(map(str, frame)))
    for column in present:
        if column.kind is Kind.IDENTIFIER:
            table.refuse(frame[column.name] == "", f"{column.name} is empty; every row needs one.")
        if column.kind is Kind.CHOICE:
            _refuse_other_words(table, column)
    key = [name for name in rule.key if name in frame]
    again = frame.duplicated(key)
    if again.any():
        row = table.number(int(again.argmax()))
        values = frame.loc[row, key]
        first = (frame[key] == values).all(axis=1).idxmax()
        named = ", ".join(f"{name} {value!r}" for name, value in values.items())
        table.refuse(again, f"duplicate {named} (first in row {first}); expected one row per {rule.one_row}.")
    return frame.reset_index(drop=True)


def studies_from(table: Table) -> Studies:
    """Check and type the studies table.

    Raises:
        BadInputError: as `checked`, or a patient is in two splits.
    """
    frame = checked(table, STUDIES)
    if "split" in frame:
        _refuse_patient_in_two_splits(table)
    given = frame[["age_years", "sex", "view"]]
    ages = plausible(numbers_of(frame["age_years"]))
    codes = {
        column.name: frame[column.name].where(frame[column.name].isin(column.words), UNKNOWN)
        for column in STUDIES.columns
        if column.kind is Kind.CODE
    }
    return Studies(table.source, frame.assign(age_years=ages, **codes), given)


def reads_from(table: Table) -> Reads:
    """Check and type the reads table.

    Raises:
        BadInputError: as `checked`.
    """
    frame = checked(table, READS)
    return Reads(table.source, frame[["image_id", "reader_id", "verdict"]])


def predictions_from(table: Table) -> Predictions:
    """Check and type the predictions table.

    Raises:
        BadInputError: as `checked`, or a score with status ok is not a finite number in [0, 1].
    """
    frame = checked(table, PREDICTIONS)
    status = frame["status"] if "status" in frame else constant(Status.OK.value, frame)
    scores = np.where(status == Status.OK.value, numbers_of(frame["score"]), np.nan)
    wrong = (status == Status.OK.value).to_numpy(dtype=bool) & ~((scores >= 0) & (scores <= 1))
    if wrong.any():
        cell = frame["score"].iloc[int(wrong.argmax())]
        table.refuse(
            wrong,
            f"score {cell!r} is not a number between 0 and 1; correct it, or state why there is none in a column "
            f"'status' (ok, failed, out_of_scope).{table.decimal_remedy(cell, 'predictions')}",
        )
    columns = {"image_id": frame["image_id"], "score": scores, "status": status}
    return Predictions(table.source, pd.DataFrame(columns))


def labels_from(table: Table) -> Labels:
    """Check and type the labels table.

    Raises:
        BadInputError: as `checked`, a cell is not 1, 0 or empty, or there is no finding.
    """
    frame = checked(table, LABELS)
    names = [name for name in map(str, frame) if name != "image_id"]
    if not names:
        raise BadInputError(
            f"{table.source}: has no finding; add one column per finding with 1, 0 or nothing."
        )
    quoted = partial(json.dumps, ensure_ascii=False)  # as TOML quotes too
    for name in names:
        wrong = ~frame[name].isin(list(LABEL_VALUES))
        if wrong.any():
            cell = frame[name][wrong].iloc[0]
            key = name if re.fullmatch("[A-Za-z0-9_-]+", name) else quoted(name)
            table.refuse(
                wrong,
                f"{name} is {cell!r}; a label is 1, 0 or empty (unknown). To translate it, write [values.{key}] "
                f'{quoted(cell)} = "" (or "1" or "0") and [columns.labels] {key} = {quoted(name)} in the protocol.',
            )
    findings = {name: np.asarray(frame[name].map(LABEL_VALUES), dtype=np.float64) for name in names}
    return Labels(table.source, tuple(frame["image_id"]), findings)


def _refuse_other_words(table: Table, column: Column) -> None:
    cells = table.frame[column.name]
    wrong = ~cells.isin(column.words)
    if wrong.any():
        words = ", ".join(column.words)
        table.refuse(wrong, f"{column.name} is {cells[wrong].iloc[0]!r}; it must be one of {words}.")


def _refuse_patient_in_two_splits(table: Table) -> None:
    frame = table.frame
    home = frame.groupby("patient_id")["split"].transform("first")
    moved = frame["split"] != home
    if moved.any():
        row = table.number(int(moved.argmax()))
        patient, here, above = frame.at[row, "patient_id"], frame.at[row, "split"], home[row]
        table.refuse(
            moved,
            f"patient {patient!r} is in split {here!r} here and in {above!r} above; all images of a patient belong to "
            "one split.",
        )
