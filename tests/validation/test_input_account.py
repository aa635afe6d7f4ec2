"""The input account: every row is used or excluded for one reason, and each count but the test split's has a notice."""

import csv
import random
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.schema.load import parse_protocol
from protocols.tables.input_account import InputAccount, Notice, TableAccount
from tests.conftest import PROTOCOL, Study
from validation.cohort.inputs import InputFiles
from validation.run import validate

KINDS_OF_EXCLUSION = {  # a reason in the account -> the notice that tells it
    "not_in_studies": "unused_{table}",
    "no_reference": "no_reference",
    "indeterminate_excluded": "indeterminate_excluded",
    "not_processed_excluded": "not_processed_excluded",
    "other_finding": "other_finding",
}


def account_of(study: Study, protocol: str = PROTOCOL) -> InputAccount:
    loaded = parse_protocol(protocol.encode(), source="p.toml")
    files = InputFiles(study.studies, study.reads, study.predictions)
    return validate(loaded, files, lambda *_, **__: None).results.input_account


def edited(path: Path, before: str, after: str, count: int = -1) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, count), encoding="utf-8")


def kinds(account: InputAccount) -> list[str]:
    return [notice.kind for notice in account.notices]


def table(account: InputAccount, name: str) -> TableAccount:
    return next(one for one in account.tables if one.table == name)


def notice(account: InputAccount, kind: str) -> Notice:
    (found,) = (one for one in account.notices if one.kind == kind)
    return found


OF_INPUTS = ("caution", "auroc", "scores", "many", "few", "verdict")  # how the kinds about results begin


def of_inputs(account: InputAccount) -> list[str]:
    return [kind for kind in kinds(account) if not kind.startswith(OF_INPUTS)]


def test_silence_means_that_nothing_was_wrong_by_hand(study: Study) -> None:
    account = account_of(study)
    assert of_inputs(account) == []
    assert [(one.table, one.rows_read, one.rows_used, one.rows_excluded) for one in account.tables] == [
        ("studies", 120, 120, {}),
        ("reads", 360, 360, {}),
        ("predictions", 120, 120, {}),
    ]


def test_rows_of_images_outside_the_studies_by_hand(study: Study) -> None:
    edited(study.studies, "i000,p00,10,M,PA\n", "")
    account = account_of(study)
    assert table(account, "reads").rows_excluded == {"not_in_studies": 3}
    assert table(account, "predictions").rows_excluded == {"not_in_studies": 1}
    told = notice(account, "unused_reads")
    assert (told.table, told.count, told.examples, told.criteria) == ("reads", 3, ("i000",), ())


def test_rows_of_the_training_split_have_no_notice_by_hand(study: Study) -> None:
    header, *rows = study.studies.read_text(encoding="utf-8").splitlines()
    split = [f"{row},{'train' if number < 20 else 'test'}" for number, row in enumerate(rows)]
    study.studies.write_text("\n".join([f"{header},split", *split]) + "\n", encoding="utf-8")
    account = account_of(study)
    assert [one.rows_excluded for one in account.tables] == [
        {"not_test_split": 20},
        {"not_test_split": 60},
        {"not_test_split": 20},
    ]
    assert of_inputs(account) == []


def test_excluded_images_take_their_rows_along_by_hand(study: Study) -> None:
    for reader in (1, 2, 3):
        edited(study.reads, f"i004,R{reader},positive", f"i004,R{reader},indeterminate")
    edited(study.predictions, "i009,", "i999,")
    account = account_of(
        study, PROTOCOL + '[missing]\nindeterminate = "exclude"\nnot_processed = "exclude"\n'
    )
    assert table(account, "studies").rows_excluded == {
        "indeterminate_excluded": 1,
        "not_processed_excluded": 1,
    }
    assert table(account, "reads").rows_excluded == {"indeterminate_excluded": 3, "not_processed_excluded": 3}
    assert table(account, "predictions").rows_excluded == {"not_in_studies": 1, "indeterminate_excluded": 1}
    assert {"indeterminate_excluded", "not_processed_excluded", "unused_predictions"} <= set(kinds(account))


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0", "\u202f", "\u200b", "\ufeff"])
def test_white_space_at_either_end_is_removed_and_counted_by_hand(study: Study, space: str) -> None:
    edited(study.studies, ",p00,", f",{space}p00,", 1)
    edited(study.predictions, "i005,", f"i005{space},")
    account = account_of(study)
    assert [one.cells_trimmed for one in account.tables] == [1, 0, 1]
    assert [one.rows_used for one in account.tables] == [120, 360, 120]
    assert of_inputs(account) == ["cells_trimmed", "cells_trimmed"]
    assert account.notices[0].examples == (f"{space}p00",)


def test_white_space_inside_is_never_changed_by_hand(study: Study) -> None:
    edited(study.predictions, "i005,", "i 005,")
    account = account_of(study)
    told = notice(account, "unused_predictions")
    assert (told.examples, told.cause is not None and "white space" in told.cause) == (("i 005",), True)


def test_rows_that_become_equal_are_duplicates_by_hand(study: Study) -> None:
    edited(study.predictions, "i005,", "i004 ,")
    with pytest.raises(BadInputError, match=r"duplicate image_id 'i004' \(first in row 6\)"):
        account_of(study)


def test_ages_are_converted_and_the_rest_is_reported_with_its_remedy_by_hand(study: Study) -> None:
    edited(study.studies, "i000,p00,10,", "i000,p00,010Y,")
    edited(study.studies, "i119,p59,69,", "i119,p59,90+,")
    account = account_of(study)
    assert table(account, "studies").ages_converted == 1
    told = notice(account, "age_years_unknown")
    assert (told.count, told.examples, told.criteria) == (1, ("90+",), ())
    assert told.text.endswith('[values.age_years] "90+" = "90".')


def test_the_line_that_a_notice_prints_mends_the_age_against_itself(study: Study) -> None:
    edited(study.studies, "i119,p59,69,", "i119,p59,90+,")
    assert of_inputs(account_of(study, PROTOCOL + '[values.age_years]\n"90+" = "90"\n')) == []


@pytest.mark.parametrize(
    ("cell", "cause", "remedy"),
    [("m", "letter case", '"m" = "M"'), ("weiblich", "words for codes", '"weiblich" = "F or M or O"')],
)
def test_unknown_sexes_name_their_cause_by_hand(study: Study, cell: str, cause: str, remedy: str) -> None:
    edited(study.studies, "i000,p00,10,M,", f"i000,p00,10,{cell},")
    criterion = PROTOCOL.replace('subgroup = "overall"', 'subgroup = {axis = "sex,view", level = "*"}')
    told = notice(account_of(study, criterion), "sex_unknown")
    assert (told.cause, told.count, told.criteria) == (cause, 1, ("SE",))
    assert remedy in told.text


def test_patients_that_differ_in_case_alone_are_reported_by_hand(study: Study) -> None:
    edited(study.studies, "i001,p00,", "i001,P00,")
    told = notice(account_of(study), "near_duplicates")
    assert (told.table, told.column, told.count, told.cause) == ("studies", "patient_id", 1, "letter case")


@pytest.mark.parametrize("word", ["NA", "null", "N/A", "-", "None"])
def test_a_word_for_nothing_as_a_patient_is_reported_by_hand(study: Study, word: str) -> None:
    edited(study.studies, ",p00,", f",{word},")
    told = notice(account_of(study), "placeholder_ids")
    assert (told.column, told.count, told.examples) == ("patient_id", 2, (word,))


def test_a_patient_of_two_sexes_is_reported_by_hand(study: Study) -> None:
    edited(study.studies, "i001,p00,10,M,", "i001,p00,10,F,")
    told = notice(account_of(study), "patient_of_two_sexes")
    assert (told.count, told.examples) == (1, ("p00",))


def test_images_with_fewer_reads_are_reported_but_for_an_adjudicator_by_hand(study: Study) -> None:
    edited(study.reads, "i010,R3,negative\n", "")
    assert notice(account_of(study), "fewer_reads").examples == ("i010",)
    adjudicated = PROTOCOL.replace('"majority"', '"adjudicated:R3"')
    assert "fewer_reads" not in kinds(account_of(study, adjudicated))


def test_images_with_fewer_reads_are_reported_however_many_by_hand(study: Study) -> None:
    lines = study.reads.read_text(encoding="utf-8").splitlines()
    study.reads.write_text(
        "\n".join(line for line in lines if line < "i100" or "R3" not in line) + "\n", "utf-8"
    )
    assert notice(account_of(study), "fewer_reads").count == 20
    study.reads.write_text(
        "\n".join(line for line in lines if line > "i020" or "R3" not in line) + "\n", "utf-8"
    )
    assert notice(account_of(study), "fewer_reads").count == 20


def test_images_with_an_indeterminate_reference_are_reported_by_hand(study: Study) -> None:
    edited(study.reads, "i000,R1,positive\ni000,R2,positive", "i000,R1,indeterminate\ni000,R2,negative")
    told = notice(account_of(study), "indeterminate")
    assert (told.table, told.count, told.examples, told.criteria) == ("reads", 1, ("i000",), ("SE",))


@pytest.mark.parametrize("cell", ["1.2E+10", "1E+10", "1,23457e+11"])
def test_identifiers_that_a_spreadsheet_rounded_are_reported_by_hand(study: Study, cell: str) -> None:
    edited(study.studies, ",p00,", f',"{cell}",')
    told = notice(account_of(study), "numbers_rounded")
    assert (told.table, told.column, told.count, told.examples) == ("studies", "patient_id", 2, (cell,))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("9.1E-01", True),
        ("9E-1", True),
        ("1.00E+00", True),
        ("9.123456e-01", False),
        ("3e-05", False),
        ("0.9", False),
    ],
)
def test_scores_that_a_spreadsheet_rounded_are_reported_by_hand(study: Study, cell: str, told: bool) -> None:
    text = study.predictions.read_text(encoding="utf-8").splitlines()
    study.predictions.write_text("\n".join([text[0], f"i000,{cell}", *text[2:]]) + "\n", encoding="utf-8")
    assert ("numbers_rounded" in kinds(account_of(study))) == told


def test_an_optional_column_under_almost_its_name_is_reported_by_hand(study: Study) -> None:
    edited(study.studies, "sex,view", "sex,view,Split")
    text = study.studies.read_text(encoding="utf-8").splitlines()
    study.studies.write_text("\n".join([text[0], *(f"{line},train" for line in text[1:])]) + "\n")
    told = notice(account_of(study), "column_not_used")
    assert (told.column, told.examples) == ("split", ("Split",))


def test_missing_scores_are_distinguished_by_hand(study: Study) -> None:
    edited(study.predictions, "image_id,score", "image_id,score,status")
    text = study.predictions.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},ok" for line in text[1:] if not line.startswith(("i003", "i005"))]
    study.predictions.write_text("\n".join([text[0], *rows, "i003,,failed"]) + "\n", encoding="utf-8")
    account = account_of(study)
    assert notice(account, "no_row_in_predictions").examples == ("i005",)
    assert notice(account, "not_processed").examples == ("i003",)


def damaged(chance: random.Random, path: Path) -> None:
    """Lose, repeat under another name, blank or rename some rows."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for row in chance.sample(rows, chance.choice([0, 1, 5, 30])):
        place = chance.randrange(len(row))
        row[place] = chance.choice(
            [row[place] + " ", row[place].upper(), f"0{row[place]}", f"{row[place]}Y", "x"]
        )
    rows = chance.sample(rows, len(rows) - chance.choice([0, 0, 1, 40]))
    rows += [["", *[""] * (len(header) - 1)]] * chance.choice([0, 0, 2])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.mark.parametrize("seed", range(40))
def test_the_account_adds_up_after_random_damage_against_theory(study: Study, seed: int) -> None:
    chance = random.Random(seed)
    for path in (study.studies, study.reads, study.predictions):
        damaged(chance, path)
    try:
        account = account_of(study, PROTOCOL + ('[missing]\nnot_processed = "exclude"\n' if seed % 2 else ""))
    except BadInputError:
        return
    told = kinds(account)
    for one in account.tables:
        assert one.rows_read == one.rows_used + sum(one.rows_excluded.values())
        for reason in one.rows_excluded:
            kind = KINDS_OF_EXCLUSION[reason].format(table=one.table)
            assert kind in told, (one.table, reason)
        assert (one.cells_trimmed > 0) == any(
            notice.kind == "cells_trimmed" and notice.table == one.table for notice in account.notices
        )
        assert (one.ages_converted > 0) == (one.table == "studies" and "ages_converted" in told)
