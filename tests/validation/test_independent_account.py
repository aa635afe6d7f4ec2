"""The account of the rows by both implementations: tables with blanks, words, ages, strangers and empty rows."""

from pathlib import Path
from random import Random

import pytest

from protocols.progress import silent
from protocols.schema.load import parse_protocol
from protocols.storage.canonical import csv_text
from tests.conftest import PROTOCOL_HEAD
from tests.validation.conftest import STANDARD
from validation.cohort.inputs import InputFiles
from validation.independent.comparison import Comparison, compare
from validation.independent.study import second_opinion
from validation.run import validate

FINDING = STANDARD + 'finding = "Opacity"\n'
FURTHER = """
[columns.studies]
sex = "Gender"
[values.sex]
" female" = "F"
[values.verdict]
yes = "positive"
[bootstrap]
replicates = 1000
[[subgroups]]
axis = "age_years"
cut_points = [1, 18, 65]
[[subgroups]]
axis = "ward"
"""
EXCLUDING = '[missing]\nindeterminate = "exclude"\nnot_processed = "exclude"\n'
BLANKS = ["", "", "", "", " ", "\u00a0", "\u200b\t", "\ufeff"]
HEADERS = {
    "studies": ["image_id", "patient_id", "age_years", "Gender", "view", "split", "ward", "note", ""],
    "reads": ["image_id", "reader_id", "verdict", "finding"],
    "predictions": ["image_id", "score", "status"],
    "boxes": ["image_id", "x", "y", "width", "height"],
    "marks": ["image_id", "x", "y", "left", "top", "width", "height"],
}
FINDINGS = ("Opacity", "Mass")
NAMES = [f"i{number:02}" for number in range(24)]


def tables(chance: Random) -> dict[str, list[list[str]]]:
    """All five tables of 24 images and a few strangers."""

    def one_of(*words: str) -> str:
        return chance.choice(words)

    strangers = [*NAMES, "elsewhere", "I00"]
    made: dict[str, list[list[str]]] = {
        "studies": [
            [
                name,
                f"p{number // 2}",
                one_of("50.5", "062Y", "018M", "003W", "001D", "999Y", "90+", "", "61y"),
                one_of("F", "M", "female", "Female", ""),
                one_of("PA", "AP", "pa"),
                "tune" if number < 4 else "test",
                one_of("A", "B", ""),
                one_of("", " as it is "),
                "",
            ]
            for number, name in enumerate(NAMES)
        ],
        "reads": [
            [name, reader, one_of("yes", "positive", "negative", "negative", "indeterminate"), finding]
            for name in strangers
            for reader, finding in (("A", "Opacity"), ("B", "Opacity"), ("A", "Mass"))
            if one_of("", "", "", "gone") == ""
        ],
        "predictions": [
            [name, one_of("0.1", "0.4", "0.6", "0.9"), one_of("ok", "ok", "failed", "out_of_scope")]
            for name in strangers
            if one_of("", "", "", "", "gone") == ""
        ],
        "boxes": [[name, "0.1", "0.1", "0.2", "0.2"] for name in strangers if one_of("", "gone") == ""],
        "marks": [[name, *["0.2"] * 6] for name in strangers if one_of("", "gone") == ""],
    }
    for rows in made.values():
        for row in rows:
            for place in range(len(row)):
                row[place] = chance.choice(BLANKS) + row[place] + chance.choice(BLANKS)
        for _ in range(chance.randint(0, 2)):
            rows.insert(chance.randint(0, len(rows)), [""] * len(rows[0]) if rows else [])
    for row in made["studies"]:
        row[-1] = ""
    return made


def differences(files: InputFiles, protocol: str, standard: str) -> list[Comparison]:
    """What both do not agree on of rows, flow and cohort."""
    loaded = parse_protocol((PROTOCOL_HEAD.replace(STANDARD, standard) + protocol).encode(), source="p.toml")
    first = validate(loaded, files, silent).results
    comparisons = compare(first, second_opinion(loaded.protocol, files, silent), loaded.protocol)
    told = [one for one in comparisons if one.where.startswith(("input_account", "flow", "cohort"))]
    assert sum("rows_excluded" in one.where for one in told) > 5
    return [one for one in told if not one.equal]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("missing", ["", EXCLUDING])
def test_five_tables_in_any_state_by_both(tmp_path: Path, seed: int, missing: str) -> None:
    made = tables(Random(seed))
    for name, rows in made.items():
        (tmp_path / f"{name}.csv").write_text(csv_text(HEADERS[name], rows), encoding="utf-8")
    files = InputFiles(**{name: tmp_path / f"{name}.csv" for name in made})
    assert differences(files, missing + FURTHER, FINDING) == []


def test_semicolons_and_decimal_commas_by_both(tmp_path: Path) -> None:
    names, formats = ("studies", "reads", "predictions"), ""
    made = tables(Random(0))
    for name in names:
        text = csv_text(HEADERS[name], made[name]).replace(",", ";").replace(".", ",")
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        formats += f'[format.{name}]\ndelimiter = ";"\ndecimal = ","\n'
    files = InputFiles(*(tmp_path / f"{name}.csv" for name in names))
    assert differences(files, formats + FURTHER, FINDING) == []


@pytest.mark.parametrize("seed", range(4))
def test_one_table_for_all_by_both(tmp_path: Path, seed: int) -> None:
    made = tables(Random(seed))
    rows = [
        [
            *own[:7],
            *([read[2], FINDINGS[k % 6 == 0]] if k % 5 else ["", FINDINGS[k == 0]]),
            *(prediction[1:] if k % 7 else ["", ""]),
        ]
        for k, (own, read, prediction) in enumerate(
            zip(made["studies"], made["reads"], made["predictions"], strict=False)
        )
        if all(map(any, (own, read, prediction)))
    ]
    path = tmp_path / "table.csv"
    header = [*HEADERS["studies"][:7], *HEADERS["reads"][2:], *HEADERS["predictions"][1:]]
    path.write_text(csv_text(header, rows), encoding="utf-8")
    assert differences(InputFiles(path, path, path), FURTHER, FINDING) == []
