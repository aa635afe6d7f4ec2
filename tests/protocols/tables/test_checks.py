"""The record tables: each refusal of the contract with its message, each value accepted as unknown."""

import math

import numpy as np
import pytest

from protocols.errors import BadInputError
from protocols.tables.checks import labels_from, predictions_from, reads_from, studies_from
from protocols.tables.reading import Table
from protocols.tables.records import Status, Verdict, number

STUDY_HEADER = "image_id,patient_id,age_years,sex,view"
READ_HEADER = "image_id,reader_id,verdict"


def table(*lines: str) -> Table:
    """Make a table from comma-separated lines, header first."""
    header, *rows = (line.split(",") for line in lines)
    columns = {name: tuple(row[place] for row in rows) for place, name in enumerate(header)}
    return Table.of("t.csv", columns)


# --- studies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["image_id,patient_id,age_years,sex", "a,1,50,F"],
            r"column 'view' is missing; the file has 'age_years', ",
        ),
        (
            [STUDY_HEADER, "a,1,50,F,PA", "b,2,50,F,PA", "a,3,50,F,PA"],
            r"row 4: duplicate image_id 'a'.*row 2",
        ),
        ([STUDY_HEADER, ",1,50,F,PA"], r"row 2: image_id is empty"),
        ([STUDY_HEADER, "a,1,50,F,PA", "b,,50,F,PA"], r"row 3: patient_id is empty"),
        (
            [STUDY_HEADER + ",split", "a,1,50,F,PA,"],
            r"row 2: split is ''; it must be one of test, train, tune",
        ),
        ([STUDY_HEADER + ",split", "a,1,50,F,PA,Test"], r"row 2: split is 'Test'; it must be one of"),
        (
            [STUDY_HEADER + ",split", "a,1,50,F,PA,train", "b,2,50,F,PA,train", "c,1,50,F,PA,test"],
            r"row 4: patient '1' is in split 'test' here and in 'train' above",
        ),
    ],
)
def test_study_refusals_by_hand(lines: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        studies_from(table(*lines))


@pytest.mark.fault(22)
@pytest.mark.parametrize(
    ("cell", "years"),
    [
        ("0", 0.0),
        ("44.9", 44.9),
        ("120", 120.0),
        ("120.1", math.nan),
        ("-1", math.nan),
        ("411", math.nan),  # stands in NIH's first release
        ("", math.nan),
        ("nan", math.nan),
        ("inf", math.nan),
        ("062Y", math.nan),  # age strings are the cohort sources' business
        ("sixty", math.nan),
        ("1_0", math.nan),  # Python would read ten
    ],
)
def test_an_impossible_age_is_unknown_by_hand(cell: str, years: float) -> None:
    ages = studies_from(table(STUDY_HEADER, f"a,1,{cell},F,PA")).age_years
    np.testing.assert_array_equal(ages, [years])


@pytest.mark.fault(21)
@pytest.mark.parametrize(
    ("sex", "view", "known"),
    [
        ("F", "PA", ("F", "PA")),
        ("M", "AP", ("M", "AP")),
        ("O", "LATERAL", ("O", "LATERAL")),
        ("", "", ("", "")),
        ("f", "pa", ("", "")),
        ("NA", "NA", ("", "")),
        ("Female", "LL", ("", "")),
    ],
)
def test_sex_and_view_outside_their_sets_are_unknown_by_hand(
    sex: str, view: str, known: tuple[str, str]
) -> None:
    studies = studies_from(table(STUDY_HEADER, f"a,1,50,{sex},{view}"))
    assert (studies.sex[0], studies.view[0]) == known


@pytest.mark.fault(18)
def test_identifiers_that_look_alike_differ_by_hand() -> None:
    assert studies_from(table(STUDY_HEADER, "001,1,,,", "1,01,,,")).image_id == ("001", "1")


def test_further_columns_are_axes_by_hand() -> None:
    studies = studies_from(table(STUDY_HEADER + ",split,image_path,site,mse", "a,1,50,F,PA,test,a.png,X,1.5"))
    assert studies.further == {"site": ("X",), "mse": ("1.5",)}
    assert studies.numbers("mse").tolist() == [1.5]


def test_a_missing_axis_is_refused_with_a_list_of_columns_by_hand() -> None:
    studies = studies_from(table(STUDY_HEADER + ",site", "a,1,50,F,PA,X"))
    with pytest.raises(BadInputError, match=r"axis 'race' .* there are 'age_years', 'sex', 'site', 'view'\."):
        studies.cells("race")


# --- reads -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["image_id,verdict", "a,positive"], r"column 'reader_id' is missing"),
        (
            [READ_HEADER, "a,r1,positive", "a,r2,negative", "a,r1,negative"],
            r"row 4: duplicate image_id 'a', reader_id 'r1' .first in row 2",
        ),
        ([READ_HEADER, ",r1,positive"], r"row 2: image_id is empty"),
        ([READ_HEADER, "a,,positive"], r"row 2: reader_id is empty"),
        (
            [READ_HEADER, "a,r1,Positive"],
            r"row 2: verdict is 'Positive'; it must be one of indeterminate, negative, positive\.",
        ),
        ([READ_HEADER, "a,r1,"], r"row 2: verdict is ''"),
        ([READ_HEADER, "a,r1,1"], r"row 2: verdict is '1'"),
    ],
)
def test_read_refusals_by_hand(lines: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        reads_from(table(*lines))


def test_reads_by_hand() -> None:
    reads = reads_from(table(READ_HEADER, "a,r1,positive", "a,r2,indeterminate", "b,r1,negative"))
    assert reads.verdict == (Verdict.POSITIVE, Verdict.INDETERMINATE, Verdict.NEGATIVE)


# --- predictions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["", "nan", "inf", "-inf", "1.2", "-0.1", "1.0000001", "high", "0_1"])
def test_scores_refused_by_hand(cell: str) -> None:
    with pytest.raises(BadInputError, match=r"t\.csv, row 3: score .* is not a number between 0 and 1"):
        predictions_from(table("image_id,score", "a,0.5", f"b,{cell}"))


@pytest.mark.parametrize(("cell", "score"), [("0", 0.0), ("1", 1.0), ("1e-3", 0.001), ("0.300000", 0.3)])
def test_scores_are_taken_as_given_by_hand(cell: str, score: float) -> None:
    assert predictions_from(table("image_id,score", f"a,{cell}")).score[0] == score


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["image_id,prob", "a,0.5"], r"column 'score' is missing; the file has 'image_id', 'prob'\."),
        (
            ["image_id,score", "a,0.5", "a,0.5"],
            r"row 3: duplicate image_id 'a' .first in row 2.; expected one row per image",
        ),
        (["image_id,score", ",0.5"], r"row 2: image_id is empty"),
        (
            ["image_id,score,status", "a,0.5,done"],
            r"row 2: status is 'done'; it must be one of failed, ok, out_of_scope",
        ),
        (["image_id,score,status", "a,0.5,"], r"row 2: status is ''"),
        (["image_id,score,status", "a,,ok"], r"row 2: score '' is not a number"),
    ],
)
def test_prediction_refusals_by_hand(lines: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        predictions_from(table(*lines))


def test_a_score_is_read_only_where_status_is_ok_by_hand() -> None:
    predictions = predictions_from(
        table(
            "image_id,score,status,reason",
            "a,0.5,ok,",
            "b,nonsense,failed,cut short",
            "c,0.9,out_of_scope,lateral",
        )
    )
    np.testing.assert_array_equal(predictions.score, [0.5, math.nan, math.nan])
    assert predictions.status[1] == Status.FAILED


# --- labels ----------------------------------------------------------------------------------------


def test_labels_by_hand() -> None:
    labels = labels_from(table("image_id,Pneumonia", "a,1", "b,0", "c,"))
    np.testing.assert_array_equal(labels.findings["Pneumonia"], [1.0, 0.0, math.nan])


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["patient_id,Pneumonia", "1,1"], r"column 'image_id' is missing"),
        (["image_id", "a"], r"has no finding"),
        (["image_id,Pneumonia", "a,1", "a,0"], r"row 3: duplicate image_id 'a'"),
        (["image_id,Pneumonia", ",1"], r"row 2: image_id is empty"),
        (
            ["image_id,Pneumonia", "a,yes"],
            r"row 2: Pneumonia is 'yes'; a label is 1, 0 or empty \(unknown\)\.",
        ),
        (["image_id,Pneumonia", "a,-1"], r"row 2: Pneumonia is '-1'"),
    ],
)
def test_label_refusals_by_hand(lines: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        labels_from(table(*lines))


@pytest.mark.parametrize("cell", ["", "nan", "inf", "-inf", "1e999", "1_000", "0x10", "½", "1,5"])
def test_other_text_is_not_a_number_by_hand(cell: str) -> None:
    assert math.isnan(number(cell))
