"""The account of the rows by both implementations: tables with blanks, words, ages, strangers and empty rows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from protocols.canonical import csv_text
from protocols.errors import BadInputError
from protocols.load import parse_protocol
from protocols.progress import silent
from tests.conftest import PROTOCOL_HEAD
from tests.validation.conftest import STANDARD
from validation.independent_comparison import Comparison, compare
from validation.independent_opinion import second_opinion
from validation.inputs import InputFiles
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
NAMES = [f"i{number:02}" for number in range(24)]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[list[str]]]:
    """All five tables of 24 images and a few strangers."""

    def one_of(*words: str) -> str:
        return draw(st.sampled_from(words))

    strangers = [*NAMES, "elsewhere", "I00"]
    made: dict[str, list[list[str]]] = {
        "studies": [
            [
                name,
                f"p{number // 2}",
                one_of("50", "062Y", "018M", "003W", "001D", "999Y", "90+", "", "61y"),
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
                row[place] = draw(st.sampled_from(BLANKS)) + row[place] + draw(st.sampled_from(BLANKS))
        for _ in range(draw(st.integers(0, 2))):
            rows.insert(draw(st.integers(0, len(rows))), [""] * len(rows[0]) if rows else [])
    for row in made["studies"]:
        row[-1] = ""
    return made


def compared(folder: Path, files: InputFiles, protocol: str, *, standard: str) -> list[Comparison]:
    """What both say of rows, flow and cohort."""
    head = PROTOCOL_HEAD.replace(STANDARD, standard)
    loaded = parse_protocol((head + protocol).encode(), source="p.toml")
    first = validate(loaded, files, silent).results
    opinion = second_opinion(loaded.protocol, files, silent)
    told = ("input_account", "flow", "cohort")
    return [one for one in compare(first, opinion, loaded.protocol) if one.where.startswith(told)]
