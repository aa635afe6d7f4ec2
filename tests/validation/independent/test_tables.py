"""White space, names, values, ages and the account of rows in the second implementation, by hand from the contract."""

import gzip
import sys
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol
from tests.conftest import PROTOCOL_HEAD
from validation.independent.tables import BLANK, Rows, number, rows_of, years

AXES = """
[[subgroups]]
axis = "site"
[[subgroups]]
axis = "dose"
cut_points = [1]
"""
STUDIES = "image_id,patient_id,age_years,sex,view,site,dose,note\n"


def protocol(further: str = "") -> Protocol:
    return parse_protocol((PROTOCOL_HEAD + further).encode(), source="p.toml").protocol


def rows(folder: Path, table: str, text: str, further: str = "", *, one_table: bool = False) -> Rows:
    path = folder / f"{table}.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return rows_of(table, path, protocol(further), one_table=one_table)


def test_white_space_against_unicode() -> None:
    spaces = {chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()}
    assert set(BLANK) == spaces | {"\u200b", "\ufeff", "\u2060", "\u180e"}


def test_cells_of_named_columns_are_trimmed_and_counted_by_hand(tmp_path: Path) -> None:
    text = STUDIES + "\u00a0a 1\u200b,p ,50,F,PA,  West\u3000,2\t, kept \nb,p,51,F,PA,West,2,kept\n"
    read = rows(tmp_path, "studies", text, AXES)
    assert read.cells_trimmed == 4
    first, second = read.joined
    assert (first["image_id"], first["patient_id"], first["note"]) == ("a 1", "p", " kept ")
    assert (first["site"], first["dose"]) == (second["site"], second["dose"])


def test_without_an_axis_its_column_is_not_named_by_hand(tmp_path: Path) -> None:
    read = rows(tmp_path, "studies", STUDIES + "a,p,50,F,PA,W, 2,\n")
    assert (read.cells_trimmed, read.joined[0]["dose"]) == (0, " 2")


def test_names_and_values_by_hand(tmp_path: Path) -> None:
    mapping = '[columns.studies]\nsex = "Gender"\n[values.sex]\n" Female " = "F"\nF = "M"\n'
    text = "image_id,patient_id,age_years,Gender,view,sex\na,p,50,Female ,PA,M\nb,q,50,F,PA,F\n"
    read = rows(tmp_path, "studies", text, mapping)
    assert [row["sex"] for row in read.joined] == [
        "F",
        "M",
    ]  # each cell once: F does not become M by way of F
    assert read.cells_trimmed == 1


@pytest.mark.parametrize(
    ("cell", "age"),
    [
        ("44.9", 44.9),
        ("0", 0.0),
        ("120", 120.0),
        ("121", None),
        ("-1", None),
        ("062Y", 62.0),
        ("57Y", 57.0),
        ("018M", 1.5),
        ("036M", 3.0),
        ("002W", 14 / 365.25),
        ("001D", 1 / 365.25),
        ("121Y", None),
        ("0062Y", None),
        ("62y", 62.0),
        ("45 Y", 45.0),
        ("90Y+", 90.0),
        ("90+", None),
        (">89", None),
        ("", None),
    ],
)
def test_ages_by_hand(cell: str, age: float | None) -> None:
    assert years(cell) == age


def test_ages_are_counted_by_hand(tmp_path: Path) -> None:
    text = STUDIES + "".join(
        f"i{k},p,{age},F,PA,W,1,\n" for k, age in enumerate([" 062Y", "018M", "90+", "62"])
    )
    mended = '[values.age_years]\n"90+" = "090Y"\n'
    assert rows(tmp_path, "studies", text).ages_converted == 2
    assert (
        rows(
            tmp_path, "studies", text, '[columns.studies]\nage_years = "age_years"\n' + mended
        ).ages_converted
        == 3
    )


def test_decimal_comma_by_hand(tmp_path: Path) -> None:
    form = '[format.studies]\ndelimiter = ";"\ndecimal = ","\n'
    text = STUDIES.replace(",", ";") + "a;p;44,9;F;PA;W,E;0,5;\nb;p;44.9;F;PA;W;1.000,5;\n"
    first, second = rows(tmp_path, "studies", text, form + AXES).joined
    assert (years(first["age_years"]), number(first["dose"]), first["site"]) == (44.9, 0.5, "W,E")
    assert (years(second["age_years"]), number(second["dose"])) == (None, None)


def test_rows_leave_before_any_join_for_one_reason_by_hand(tmp_path: Path) -> None:
    text = "image_id,reader_id,verdict,finding\na,R,positive,Mass\na,R,negative,Opacity\nb,R,,Opacity\n"
    standard = PROTOCOL_HEAD.replace('rule = "majority"', 'rule = "majority"\nfinding = "Opacity"')
    path = tmp_path / "reads.csv"
    path.write_text(text, encoding="utf-8")
    loaded = parse_protocol(standard.encode(), source="p.toml").protocol
    read = rows_of("reads", path, loaded, one_table=True)
    assert (dict(read.excluded), len(read.joined)) == ({"other_finding": 1, "no_read": 1}, 1)


def test_one_table_knows_no_score_and_states_failed_by_hand(tmp_path: Path) -> None:
    text = "image_id,score,status\na,0.5,\nb, ,\nc,,failed\n"
    read = rows(tmp_path, "predictions", text, one_table=True)
    assert (dict(read.excluded), [row["image_id"] for row in read.joined]) == ({"no_score": 1}, ["a", "c"])


@pytest.mark.parametrize("packed", [False, True])
def test_rows_and_columns_without_content_are_counted_from_the_file_by_hand(
    tmp_path: Path, packed: bool
) -> None:
    text = "\ufeffsep=,\n\nimage_id,score,,\na,0.5,,\n,, ,\n\nb,0.5,,x\n,,,\n\n"
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    read = rows_of("predictions", path, protocol(), one_table=False)
    assert (read.rows_read, read.rows_dropped_empty, read.columns_dropped_empty) == (2, 5, 1)


def test_an_axis_that_is_no_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="column 'dose' is missing"):
        rows(tmp_path, "studies", STUDIES.replace("dose", "rate") + "a,p,50,F,PA,W,1,\n", AXES)
