"""Mapping of a file's names and values, and the identity of its content, by hand."""

from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.storage.canonical import sha256_bytes
from protocols.tables.checks import studies_from
from protocols.tables.column_mapping import read_mapped
from protocols.tables.column_rules import PREDICTIONS, READS, STUDIES, TableRule


def written(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_and_values_are_mapped_by_hand(tmp_path: Path) -> None:
    path = written(tmp_path, "Image,Who,Age,Sex,View,score\na,1,50,Female,PA,x\n")
    names = {"image_id": "Image", "patient_id": "Who", "age_years": "Age", "sex": "Sex", "view": "View"}
    mapped = read_mapped(path, STUDIES, columns=names, values={"sex": {"Female": "F"}})
    studies = studies_from(mapped.table)
    assert (studies.image_id, studies.sex, list(studies.further)) == (("a",), ("F",), ["score"])


def test_a_mapped_column_takes_the_place_of_one_of_that_name_by_hand(tmp_path: Path) -> None:
    path = written(tmp_path, "image_id,score,prob\na,7,0.5\n")
    mapped = read_mapped(path, PREDICTIONS, columns={"score": "prob"})
    assert mapped.table.columns == {"image_id": ("a",), "score": ("0.5",)}


def test_a_mapped_name_that_the_file_lacks_is_refused_by_hand(tmp_path: Path) -> None:
    path = written(tmp_path, "Image,prob\na,0.5\n")
    with pytest.raises(
        BadInputError, match=r"\[columns\] names 'probability', which the file lacks; it has 'Image', 'prob'"
    ):
        read_mapped(path, PREDICTIONS, columns={"score": "probability"})


# --- identity --------------------------------------------------------------------------------------


def identity(
    folder: Path, text: str, numeric: set[str], further: frozenset[str] = frozenset()
) -> tuple[str, str]:
    columns = {column.name: column for rule in (STUDIES, READS, PREDICTIONS) for column in rule.columns}
    rule = TableRule("all", tuple(columns.values()), key=("image_id",), one_row="image")
    found = read_mapped(written(folder, text), rule).identity(numeric=numeric, further=further)
    return found.file_sha256, found.content_sha256


def test_content_identity_by_hand(tmp_path: Path) -> None:
    # keys first, the others by code point, numbers as floats, unknown numbers null, rows sorted, "notes" left out
    text = "score,image_id,notes,reason\n0.50,b,x,late\n1,a,y,\n"
    canonical = b'["a","",1.0]\n["b","late",0.5]\n'
    assert identity(tmp_path, text, {"score"}) == (sha256_bytes(text.encode()), sha256_bytes(canonical))


def test_unknown_numbers_are_null_by_hand(tmp_path: Path) -> None:
    text = "image_id,patient_id,age_years,sex,view,site,race\na,1,,F,PA,X,Y\n"
    # age_years, patient_id, race (an axis), sex, site, view
    canonical = b'["a",null,"1","Y","F","X","PA"]\n'
    assert identity(tmp_path, text, {"age_years"}, frozenset({"race"}))[1] == sha256_bytes(canonical)


def test_readers_are_part_of_the_key_by_hand(tmp_path: Path) -> None:
    text = "verdict,reader_id,image_id\nnegative,r2,a\npositive,r1,a\n"
    canonical = b'["a","r1","positive"]\n["a","r2","negative"]\n'
    assert identity(tmp_path, text, set())[1] == sha256_bytes(canonical)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("image_id,score\nb,0.25\na,0.5\n", True),  # other order of rows
        ("score,image_id\n0.5,a\n0.25,b\n", True),  # other order of columns
        ("image_id,score\na,0.50\nb,2.5e-1\n", True),  # other way to write a number
        ("image_id,score,notes\na,0.5,x\nb,0.25,y\n", True),  # a column nobody uses
        ("image_id,score\r\na,0.5\r\nb,0.25\r\n", True),
        ("image_id,score\na,0.5\nb,0.26\n", False),
        ("image_id,score\na,0.5\nB,0.25\n", False),
        ("image_id,score\na,0.5\n", False),
    ],
)
def test_content_identity_against_itself(tmp_path: Path, text: str, same: bool) -> None:
    first = identity(tmp_path, "image_id,score\na,0.5\nb,0.25\n", {"score"})
    second = identity(tmp_path, text, {"score"})
    assert (first[1] == second[1], first[0] == second[0]) == (same, False)
