"""Random damage to the tables of a study, as exports, spreadsheets, typists and careless joins do it.

Owns what is done to which cells, and which notices would name it. Only damage to how a thing is written, and loss or
mixing of rows, is made: another value of the same vocabulary (F for M, positive for negative, an image moved to the
training split, a patient under a wholly other identifier, a reader of whom no read is left) is another study, which no
account of the input can tell.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

Tables = Mapping[str, pd.DataFrame]
Change = Callable[[random.Random, str], str]

WORDS = dict(
    zip(
        ("F", "M", "O", "PA", "AP", "LATERAL", "positive", "negative", "ok", "test", "train"),
        (
            "Female",
            "male",
            "other",
            "p.a.",
            "Portable",
            "Seitlich",
            "yes",
            "0",
            "fine",
            "validation",
            "training",
        ),
        strict=True,
    )
)
NOTHING = ("", "NA", "nan", "-", "unknown", "none")


def _inside(chance: random.Random, cell: str) -> str:
    place = chance.randrange(1, len(cell)) if len(cell) > 1 else 0
    return cell[:place] + chance.choice(" \u00a0") + cell[place:] if place else cell


def _exponent(chance: random.Random, cell: str) -> str:
    try:
        return f"{float(cell):.{chance.choice([1, 2, 5, 17])}E}"
    except ValueError:
        return cell


def _float32(_: random.Random, cell: str) -> str:
    try:
        return repr(float(np.float32(cell)))
    except ValueError:
        return cell


CELLS: dict[str, Change] = {
    "blanks at the ends": lambda chance, cell: chance.choice(["{} ", " {}", "\u00a0{}\t"]).format(cell),
    "blanks inside": _inside,
    "letter case": lambda _, cell: cell.swapcase(),
    "zeros lost": lambda _, cell: re.sub(r"(^|\D)0+(?=\d)", r"\1", cell),
    "zeros added": lambda _, cell: re.sub(r"\d+", r"00\g<0>", cell, count=1),
    "decimal point": lambda _, cell: f"{cell}.0",
    "decimal comma": lambda _, cell: cell.replace(".", ",") if "." in cell else f"{cell},0",
    "exponent": _exponent,
    "float32": _float32,
    "file ending": lambda _, cell: f"{cell}.png",
    "folder": lambda _, cell: f"images/{cell}",
    "quotes": lambda chance, cell: chance.choice(["'{}", '"{}"']).format(cell),
    "full width": lambda _, cell: "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in cell),
    "nothing": lambda chance, _: chance.choice(NOTHING),
    "words for codes": lambda _, cell: WORDS.get(cell, cell),
    "unit": lambda chance, cell: chance.choice(["{}Y", "0{}Y", "{}+", "> {}", "{} years"]).format(cell),
    "other cohort": lambda chance, _: f"OTHER-{chance.randrange(10**9):09}",
    "failed": lambda _, __: "failed",
    "indeterminate": lambda _, __: "indeterminate",
}
OF_IDS = (
    *("blanks at the ends", "blanks inside", "letter case", "zeros lost", "zeros added", "decimal point"),
    *("exponent", "file ending", "quotes", "full width", "nothing"),
)
OF_CODES = ("blanks at the ends", "letter case", "words for codes", "nothing", "quotes", "blanks inside")
OF_NUMBERS = (
    "blanks at the ends",
    "decimal point",
    "decimal comma",
    "exponent",
    "zeros added",
    "nothing",
    "quotes",
)
KINDS = {  # what may happen to which cells
    ("studies", "image_id"): (*OF_IDS, "folder", "other cohort"),
    ("studies", "patient_id"): OF_IDS,
    ("studies", "age_years"): (*OF_NUMBERS, "unit"),
    ("studies", "sex"): OF_CODES,
    ("studies", "view"): OF_CODES,
    ("studies", "split"): OF_CODES,
    ("studies", "site"): OF_CODES,
    ("reads", "image_id"): (*OF_IDS, "folder", "other cohort"),
    ("reads", "reader_id"): (*OF_IDS, "other cohort"),
    ("reads", "verdict"): (*OF_CODES, "indeterminate"),
    ("predictions", "image_id"): (*OF_IDS, "folder", "other cohort"),
    ("predictions", "score"): (*OF_NUMBERS, "float32"),
    ("predictions", "status"): (*OF_CODES, "failed"),
}
OF_ROWS = ("rows lost", "rows repeated", "rows repeated in other case", "cells swapped")

# The notices (kind, table) that would name damage to a column; "rows" stands for rows as a whole.
JOINED = {
    "studies": (
        ("unused_reads", "reads"),
        ("unused_predictions", "predictions"),
        ("no_reference", "studies"),
    ),
    "reads": (
        *(("unused_reads", "reads"), ("no_reference", "studies"), ("fewer_reads", "reads")),
        *(("indeterminate", "reads"), ("indeterminate_excluded", "studies")),
    ),
    "predictions": (("unused_predictions", "predictions"), ("not_processed_excluded", "studies")),
}
NAMED = {
    ("studies", "image_id"): (*JOINED["studies"], ("no_row_in_predictions", "predictions")),
    ("studies", "patient_id"): (("near_duplicates", "studies"), ("patient_of_two_sexes", "studies")),
    ("studies", "age_years"): (("age_years_unknown", "studies"), ("ages_converted", "studies")),
    ("studies", "sex"): (("sex_unknown", "studies"), ("patient_of_two_sexes", "studies")),
    ("studies", "view"): (("view_unknown", "studies"),),
    ("studies", "rows"): JOINED["studies"],
    ("reads", "image_id"): JOINED["reads"],
    ("reads", "reader_id"): (("indeterminate", "reads"), ("indeterminate_excluded", "studies")),
    ("reads", "verdict"): (("indeterminate", "reads"), ("indeterminate_excluded", "studies")),
    ("reads", "rows"): JOINED["reads"],
    ("predictions", "image_id"): (*JOINED["predictions"], ("no_row_in_predictions", "predictions")),
    ("predictions", "score"): (("scores_at_threshold", None),),
    ("predictions", "status"): (("not_processed", "predictions"), ("not_processed_excluded", "studies")),
    ("predictions", "rows"): (*JOINED["predictions"], ("no_row_in_predictions", "predictions")),
}


@dataclass(frozen=True)
class Step:
    """One damage: what, to which column or columns of a table, and to which rows, counted from 0."""

    table: str
    kind: str
    columns: tuple[str, ...]
    rows: tuple[int, ...]
    seed: int

    def __str__(self) -> str:
        where = ", ".join(map(str, self.rows[:5])) + (", ..." if len(self.rows) > 5 else "")
        return f"{self.table}.{'/'.join(self.columns)}: {self.kind}, {len(self.rows)} rows ({where})"

    @property
    def named_by(self) -> set[tuple[str, str | None]]:
        """Notices that would name it."""
        named = {one for column in self.columns for one in NAMED.get((self.table, column), ())}
        of_any = ("cells_trimmed", "near_duplicates", "numbers_rounded", "placeholder_ids")
        return named | {(kind, self.table) for kind in of_any}

    def apply(self, tables: Tables) -> dict[str, pd.DataFrame]:
        """The tables with this damage; rows keep the labels that they have without any, and the others are the same."""
        chance, frame = random.Random(self.seed), tables[self.table]
        of = frame.index.isin(self.rows)
        if self.kind in CELLS:
            column, change = self.columns[0], CELLS[self.kind]
            cells = [
                change(chance, cell) if hit else cell for cell, hit in zip(frame[column], of, strict=True)
            ]
            frame = frame.assign(**{column: cells})
        elif self.kind == "rows lost":
            frame = frame[~of]
        elif self.kind == "rows repeated":
            frame = pd.concat([frame, frame[of]])
        elif self.kind == "rows repeated in other case":
            frame = pd.concat([frame, frame[of].assign(image_id=frame["image_id"][of].str.swapcase())])
        else:
            one, other = self.columns
            swapped = {one: frame[one].where(~of, frame[other]), other: frame[other].where(~of, frame[one])}
            frame = frame.assign(**swapped)
        return {**tables, self.table: frame}


def steps(chance: random.Random, tables: Tables, hurt: Sequence[pd.Series]) -> list[Step]:
    """One to three damages.

    Args:
        chance: the only source of randomness.
        tables: the undamaged tables.
        hurt: how much each image hurts the device, by image_id, higher is worse: of all images, and of some alone.
    """
    return [_step(chance, tables, hurt) for _ in range(chance.choice([1, 1, 1, 2, 3]))]


def _step(chance: random.Random, tables: Tables, hurt: Sequence[pd.Series]) -> Step:
    of_columns = sorted(one for one in KINDS if one[1] in tables[one[0]])
    table, column = chance.choice(of_columns)
    kind, columns = chance.choice(KINDS[table, column]), (column,)
    if chance.random() < 0.25:
        kind, columns = chance.choice(OF_ROWS), ("rows",)
        if kind == "cells swapped":
            checked = [name for of, name in of_columns if of == table and name != "site"]  # of any words
            columns = tuple(chance.sample(checked, 2))
    rows = _rows(chance, tables[table], hurt)
    if kind == "rows lost" and table == "reads":
        of_each = set(tables[table].drop_duplicates("reader_id").index)
        rows = tuple(row for row in rows if row not in of_each)
    return Step(table, kind, columns, rows, chance.randrange(2**32))


def _rows(chance: random.Random, frame: pd.DataFrame, hurt: Sequence[pd.Series]) -> tuple[int, ...]:
    """From one row to all: any, or those of the images that hurt most, perhaps of one reader alone."""
    count = max(1, round(len(frame) ** chance.choice([1, chance.random()])))
    if "reader_id" in frame and chance.random() < 0.3:
        frame = frame[frame["reader_id"] == chance.choice(sorted(set(frame["reader_id"])))]
    if chance.random() < 0.4:
        return tuple(chance.sample(sorted(frame.index), min(count, len(frame))))
    worst = frame["image_id"].map(chance.choice(hurt)).dropna().sort_values(ascending=False, kind="stable")
    return tuple(map(int, worst.index[:count])) or (int(frame.index[0]),)
