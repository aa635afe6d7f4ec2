"""Further variants of the kinds of trouble in ../shared/cases, at the command line: read rightly, or told."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.conftest import PROTOCOL, Outcome, Study

Command = Callable[..., Outcome]
Change = Callable[[pd.DataFrame], pd.DataFrame]
STAR = """
[[criteria]]
id = "STAR"
metric = "sensitivity"
subgroup = {{axis = "{axis}", level = "*"}}
bound = "lower"
goal = 0.1
justification = "for the test"
"""
SAME = ("estimates", "cohort", "criteria", "verdict", "flow", "threshold_sensitivity", "calibration")


def changed(path: Path, change: Change) -> None:
    """A table of text, changed in place."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False)


def cells(column: str, change: Callable[[str], str], *, rows: slice = slice(None)) -> Change:
    """A change of the cells of a column, in some rows."""

    def apply(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = frame.index[rows]
        frame.loc[chosen, column] = frame.loc[chosen, column].map(change)
        return frame

    return apply


def validated(command: Command, study: Study, *, name: str = "out") -> tuple[Outcome, dict[str, Any]]:
    """How `validate` ended, and results.json; it was not refused."""
    ended = command(*study.arguments, "--out", study.folder / name)
    assert ended.code in (0, 1), ended.err
    return ended, json.loads((study.folder / name / "results.json").read_bytes())


def told(ended: Outcome, results: dict[str, Any], kind: str, **expected: object) -> dict[str, Any]:
    """The one notice of this kind, which is printed on the terminal and has what is expected."""
    table = expected.get("table")
    of_kind = [one for one in results["input_account"]["notices"] if one["kind"] == kind]
    (notice,) = (one for one in of_kind if table is None or one["table"] == table)
    assert " ".join(notice["text"].split()) in " ".join(ended.out.split())
    assert {name: notice[name] for name in expected} == expected
    return dict(notice)


def refused(command: Command, study: Study, *words: str) -> None:
    ended = command(*study.arguments, "--out", study.folder / "out")
    assert (ended.code, [word for word in words if word not in ended.err]) == (2, []), ended.err
    assert not (study.folder / "out").exists()


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return [one[key] for key in SAME] == [other[key] for key in SAME]


def of_star(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in results["criteria"] if one["id"].startswith("STAR")}


VANISHES = [  # the axis, what makes it unknown throughout
    ("sex", cells("sex", lambda _: "")),
    ("sex,view", cells("view", lambda _: "frontal")),
    ("age_years", cells("age_years", lambda cell: f"{cell}+")),
]


@pytest.mark.parametrize(("axis", "change"), VANISHES, ids=lambda one: one if isinstance(one, str) else "")
def test_a_criterion_for_every_level_of_an_unknown_axis_is_inconclusive(
    command: Command, study: Study, axis: str, change: Change
) -> None:
    study.protocol.write_text(PROTOCOL + STAR.format(axis=axis), encoding="utf-8")
    changed(study.studies, change)
    ended, results = validated(command, study)
    rows = of_star(results)
    assert {row["verdict"] for row in rows.values()} == {"inconclusive"}
    assert all(row["why"] for row in rows.values())
    assert (ended.code, results["verdict"]) == (1, "inconclusive")


BLANKS: list[tuple[str, Change, str, int]] = [
    ("reads", cells("image_id", lambda cell: f"\u00a0{cell}", rows=slice(0, 180)), "image_id", 180),
    ("studies", cells("patient_id", lambda cell: f"{cell}\t", rows=slice(0, None, 2)), "patient_id", 60),
    ("studies", cells("sex", lambda cell: f" {cell}\u202f"), "sex", 120),
]


@pytest.mark.parametrize(("table", "change", "column", "count"), BLANKS, ids=["no-break", "tab", "narrow"])
def test_blanks_at_the_ends_change_nothing_and_are_counted(
    command: Command, study: Study, table: str, change: Change, column: str, count: int
) -> None:
    _, sound = validated(command, study, name="sound")
    changed(getattr(study, table), change)
    ended, results = validated(command, study)
    assert same(results, sound)
    told(ended, results, "cells_trimmed", table=table, column=column, count=count, cause="white space")


UNMATCHED: list[tuple[str, Change, int, str | None]] = [
    ("predictions", cells("image_id", lambda cell: f"i {cell[1:]}", rows=slice(20)), 20, "white space"),
    ("reads", cells("image_id", str.upper, rows=slice(90)), 90, "letter case"),
    ("predictions", cells("image_id", lambda cell: f"2.25.{cell[1:]}9", rows=slice(10)), 10, None),
]


@pytest.mark.parametrize(("table", "change", "count", "cause"), UNMATCHED, ids=["inner", "case", "strangers"])
def test_identifiers_that_match_nothing_are_told_with_the_likely_cause(
    command: Command, study: Study, table: str, change: Change, count: int, cause: str | None
) -> None:
    _, sound = validated(command, study, name="sound")
    changed(getattr(study, table), change)
    ended, results = validated(command, study)
    notice = told(ended, results, f"unused_{table}", table=table, count=count, criteria=["SE"])
    assert len(notice["examples"]) == 3
    assert (cause or "") in (notice["cause"] or "nothing")
    assert (notice["cause"] is None) == (cause is None)
    assert results["estimates"] != sound["estimates"]


def swapped(verdict: str) -> str:
    return {"positive": "negative", "negative": "positive"}[verdict]


INVERTED: list[tuple[str, Change]] = [
    ("predictions", cells("score", lambda cell: f"{1 - float(cell):.6f}")),
    ("predictions", cells("score", lambda cell: f"{0.6 - 0.2 * float(cell):.6f}")),
    ("reads", cells("verdict", swapped)),
]


@pytest.mark.parametrize(("table", "change"), INVERTED, ids=["mirrored", "squeezed", "truth"])
def test_scores_of_the_other_class_are_suspected(
    command: Command, study: Study, table: str, change: Change
) -> None:
    changed(getattr(study, table), change)
    ended, results = validated(command, study)
    told(ended, results, "auroc_below_chance", table=None, column=None, count=None)
    assert results["verdict"] != "pass"


SEPARATORS = [
    ("studies", "\t", "tabs", "\\t"),
    ("reads", "|", "vertical bars", "|"),
    ("predictions", ";", "semicolons", ";"),
]


@pytest.mark.parametrize(("table", "sign", "word", "toml"), SEPARATORS, ids=["tabs", "bars", "decimal comma"])
def test_other_separators_are_named_and_the_key_that_is_named_mends_it(
    command: Command, study: Study, table: str, sign: str, word: str, toml: str
) -> None:
    _, sound = validated(command, study, name="sound")
    path: Path = getattr(study, table)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    comma = table == "predictions"
    text = frame.apply(lambda column: column.str.replace(".", ",")) if comma else frame
    text.to_csv(path, index=False, sep=sign)
    key = f'[format.{table}] delimiter = "{toml}"' + (' and decimal = ","' if comma else "")
    refused(command, study, f"{table}.csv", f"separated by {word}", key)
    mended = f"[format.{table}]\n" + key.partition("] ")[2].replace(" and ", "\n") + "\n"
    study.protocol.write_text(PROTOCOL + mended, encoding="utf-8")
    assert same(validated(command, study)[1], sound)


def with_empty_column(frame: pd.DataFrame) -> pd.DataFrame:
    frame.insert(2, "", "")
    return frame


def with_blank_rows(frame: pd.DataFrame) -> pd.DataFrame:
    blank = pd.DataFrame([[" ", *["\u00a0"] * (frame.shape[1] - 1)]] * 2, columns=frame.columns)
    return pd.concat([frame[:50], blank, frame[50:], blank])


EMPTY: list[tuple[str, Change, str, int]] = [
    ("studies", with_empty_column, "columns_dropped_empty", 1),
    ("reads", with_blank_rows, "rows_dropped_empty", 4),
    (
        "predictions",
        lambda frame: with_empty_column(frame).rename(columns={"": " "}),
        "columns_dropped_empty",
        1,
    ),
]


@pytest.mark.parametrize(("table", "change", "kind", "count"), EMPTY, ids=["inner", "rows", "blank name"])
def test_what_is_empty_throughout_is_dropped_and_counted(
    command: Command, study: Study, table: str, change: Change, kind: str, count: int
) -> None:
    _, sound = validated(command, study, name="sound")
    changed(getattr(study, table), change)
    ended, results = validated(command, study)
    assert same(results, sound)
    told(ended, results, kind, table=table, count=count)
    (account,) = (one for one in results["input_account"]["tables"] if one["table"] == table)
    assert (account[kind], account["rows_read"]) == (
        count,
        len(pd.read_csv(getattr(study, table))) - 4 * ("rows" in kind),
    )


LABELS = [  # cells of a label, what a refusal says
    (["1.0", "0", "", "0.0"], None),
    (["1", "0.0", "-1", "1.0"], ["row 4", "'-1'", "[values.Pneumonia]"]),
    (["1.0", "2.0", "0.0", "0.0"], ["row 3", "'2.0'", "[values.Pneumonia]"]),
]


@pytest.mark.parametrize(("given", "words"), LABELS, ids=["mixed", "uncertain", "counts"])
def test_labels_written_as_floats(
    command: Command, study: Study, given: list[str], words: list[str] | None
) -> None:
    labels, out = study.folder / "labels.csv", study.folder / "cohort"
    rows = [f"i{number:03},{cell}" for number, cell in enumerate(given)]
    labels.write_text("\n".join(["image_id,Pneumonia", *rows]) + "\n", encoding="utf-8")
    ended = command("cohort", "table", study.studies, "--labels", labels, "--out", out)
    if words:
        assert (ended.code, [word for word in words if word not in ended.err]) == (2, []), ended.err
    else:
        assert ended.code == 0, ended.err
        with (out / "labels.csv").open(encoding="utf-8", newline="") as file:
            assert [row["Pneumonia"] for row in csv.DictReader(file)] == given


AGES = [  # how an age is written, how it is told, the lines that mend it
    (lambda cell: f"0{cell}Y", "ages_converted", None),
    (
        lambda cell: f">{cell}" if cell == "69" else cell,
        "age_years_unknown",
        '[values.age_years]\n">69" = "69"\n',
    ),
    (lambda cell: f"{cell},0", "age_years_unknown", '[format.studies]\ndecimal = ","\n'),
]


@pytest.mark.parametrize(("write", "kind", "mended"), AGES, ids=["DICOM", "oldest", "decimal comma"])
def test_ages_as_hospitals_write_them(
    command: Command, study: Study, write: Callable[[str], str], kind: str, mended: str | None
) -> None:
    _, sound = validated(command, study, name="sound")
    changed(study.studies, cells("age_years", write))
    ended, results = validated(command, study)
    notice = told(ended, results, kind, table="studies", column="age_years")
    if mended:
        assert mended.replace("\n", " ").strip() in notice["text"]
        study.protocol.write_text(PROTOCOL + mended, encoding="utf-8")
        _, results = validated(command, study, name="mended")
    assert same(results, sound)


def boxes_of(study: Study) -> pd.DataFrame:
    """One row a box and reader, as VinDr-CXR has it: three boxes for a positive read, a row without any else."""
    reads = pd.read_csv(study.reads, dtype=str).rename(columns={"reader_id": "rad_id"})
    reads["class_name"] = reads.pop("verdict").map({"positive": "Pneumonia", "negative": "No finding"})
    other = reads[reads["class_name"] == "Pneumonia"].assign(class_name="Pleural effusion")
    return pd.concat([reads, reads[reads["class_name"] == "Pneumonia"], other])


def test_boxes_of_several_readers_become_reads_as_documented(
    command: Command, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, sound = validated(command, study, name="sound")
    page = Path(__file__).parents[1] / "docs" / "reference" / "tables.md"
    lines = re.search(
        r"^```python\n(.*?rad_id.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert lines
    boxes_of(study).to_csv(study.folder / "train.csv", index=False)
    monkeypatch.chdir(study.folder)
    study.reads.unlink()
    exec(lines[1], {})
    assert same(validated(command, study)[1], sound)


@pytest.mark.parametrize("repeat", ["as it is", "blank"])
def test_a_reader_twice_on_an_image_is_refused(command: Command, study: Study, repeat: str) -> None:
    reads = study.reads.read_text(encoding="utf-8").splitlines()
    again = reads[3] if repeat == "as it is" else reads[3].replace("R3", "R3 ")
    study.reads.write_text("\n".join([*reads, again]) + "\n", encoding="utf-8")
    refused(command, study, "reads.csv, row 362: duplicate image_id 'i000', reader_id 'R3' (first in row 4)")


NARROW = [("float32", "0.7"), ("float32", "0.3"), ("float16", "0.7")]


@pytest.mark.parametrize(("kind", "threshold"), NARROW)
def test_a_narrow_float_is_the_shortest_number_that_names_it(
    command: Command, study: Study, kind: str, threshold: str
) -> None:
    """Scores that lie on the threshold are called, whether a file holds text, 64 bits, or fewer."""
    study.protocol.write_text(
        PROTOCOL.replace("threshold = 0.5", f"threshold = {threshold}"), encoding="utf-8"
    )
    changed(study.predictions, cells("score", lambda cell: threshold if float(cell) > 0.5 else "0.1"))
    _, sound = validated(command, study, name="sound")
    frame = pd.read_csv(study.predictions)
    path = study.predictions.with_suffix(".parquet")
    frame.assign(score=frame["score"].astype(np.dtype(kind))).to_parquet(path)
    arguments = [path if argument == study.predictions else argument for argument in study.arguments]
    assert command(*arguments, "--out", study.folder / "out").code == 0
    assert same(json.loads((study.folder / "out" / "results.json").read_bytes()), sound)


def test_a_narrow_float_written_as_text_is_told_beside_the_threshold(command: Command, study: Study) -> None:
    study.protocol.write_text(PROTOCOL.replace("threshold = 0.5", "threshold = 0.7"), encoding="utf-8")
    changed(
        study.predictions,
        cells("score", lambda cell: repr(float(np.float32(0.7 if float(cell) > 0.5 else 0.1)))),
    )
    ended, results = validated(command, study)
    told(ended, results, "scores_at_threshold")


WORDS: list[tuple[str, str, dict[str, str]]] = [
    ("sex", "words for codes", {"F": "weiblich"}),
    ("sex", "letter case", {"F": "f"}),
    ("view", "words for codes", {"PA": "Thorax p.a.", "AP": "bedside"}),
]


@pytest.mark.parametrize(("column", "cause", "words"), WORDS, ids=["German", "case", "views"])
def test_words_for_codes_cannot_drop_a_level_and_a_mapping_mends_them(
    command: Command, study: Study, column: str, cause: str, words: dict[str, str]
) -> None:
    protocol = PROTOCOL.replace('axis = ["sex", "view"]', 'axis = "view"') + STAR.format(axis=column)
    study.protocol.write_text(protocol, encoding="utf-8")
    _, sound = validated(command, study, name="sound")
    changed(study.studies, cells(column, lambda cell: words.get(cell, cell)))
    ended, results = validated(command, study)
    notice = told(ended, results, f"{column}_unknown", table="studies", column=column, cause=cause)
    assert notice["criteria"] == ["STAR"]
    assert {row["verdict"] for row in of_star(results).values()} == {"inconclusive"}
    mapping = "".join(f'"{word}" = "{code}"\n' for code, word in words.items())
    study.protocol.write_text(f"{protocol}[values.{column}]\n{mapping}", encoding="utf-8")
    assert same(validated(command, study, name="mended")[1], sound)


def as_numbers(study: Study) -> None:
    """Images 000 to 119 instead of i000 to i119, in every table."""
    for path in (study.studies, study.reads, study.predictions):
        changed(path, cells("image_id", lambda cell: cell[1:]))


@pytest.mark.parametrize("table", ["reads", "predictions"])
def test_zeros_that_a_spreadsheet_dropped_throughout_are_refused_by_name(
    command: Command, study: Study, table: str
) -> None:
    as_numbers(study)
    changed(getattr(study, table), cells("image_id", lambda cell: str(int(cell)), rows=slice(0, 270)))
    refused(command, study, f"{table}.csv", "leading zeros", "'0' for '000'")


def test_zeros_dropped_in_some_reads_are_told(command: Command, study: Study) -> None:
    as_numbers(study)
    changed(study.reads, cells("image_id", lambda cell: str(int(cell)), rows=slice(30)))
    ended, results = validated(command, study)
    notice = told(ended, results, "unused_reads", table="reads", count=30)
    assert "leading zeros" in notice["cause"]
    told(ended, results, "no_reference", table="studies", count=10)
