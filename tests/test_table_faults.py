"""Faults of tables that real sites send, at the command line: each is refused in a sentence, or counted and kept."""

import csv
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from protocols.tables.reading import LONGEST_CELL
from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]
LABELS = "image_id,Pneumonia\n"


def refused(command: Command, arguments: list[object], folder: Path, sentence: str) -> None:
    """The command ends with 2 and a sentence that holds this one, and nothing new lies in the folder."""
    before = sorted(folder.rglob("*"))
    ended = command(*arguments, "--out", folder / "out")
    assert (ended.code, sentence in ended.err) == (2, True), ended.err
    assert ended.err.startswith("cxr510k: ")
    assert "Traceback" not in ended.err
    assert sorted(folder.rglob("*")) == before


def validated(command: Command, study: Study) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """results.json and the line listing by image."""
    out = study.folder / "out"
    ended = command(*study.arguments, "--out", out)
    assert ended.code in (0, 1), ended.err
    results: dict[str, Any] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    with (out / "line_listing.csv").open(encoding="utf-8", newline="") as file:
        return results, {row["image_id"]: row for row in csv.DictReader(file)}


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def append(path: Path, *lines: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "".join(f"{line}\n" for line in lines), "utf-8")


def cohort_of(study: Study) -> list[object]:
    return ["cohort", "table", study.studies, "--reads", study.reads]


def images_of(results: Mapping[str, Any], step: str) -> int:
    return next(one["images"] for one in results["flow"] if one["step"] == step)


def estimate(results: Mapping[str, Any], metric: str, axis: str, level: str) -> dict[str, Any]:
    (found,) = (
        row
        for row in results["estimates"]
        if row["metric"] == metric and row["subgroup"] == {"axis": axis, "level": level}
    )
    return dict(found)


def to_parquet(study: Study, **changed: pa.Array) -> Study:
    """The predictions as Parquet, some columns replaced; the study is told of the new file."""
    with study.predictions.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]} | changed
    path = study.folder / "predictions.parquet"
    pq.write_table(pa.table(columns), path)
    study.predictions.unlink()
    return _WithParquet(study.folder)


class _WithParquet(Study):
    @property
    def predictions(self) -> Path:
        return self.folder / "predictions.parquet"


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    ("table", "line", "sentence"),
    [
        (
            "studies",
            "i000,p99,50,F,PA",
            "row 122: duplicate image_id 'i000' (first in row 2); expected one row per image.",
        ),
        ("studies", "i000,p00,10,M,PA", "row 122: duplicate image_id 'i000'"),  # the very same row
        ("predictions", "i007,0.5", "row 122: duplicate image_id 'i007'"),
        ("reads", "i000,R1,positive", "row 362: duplicate image_id 'i000', reader_id 'R1'"),
    ],
)
def test_a_duplicate_id_is_refused_and_never_multiplies_rows(
    command: Command, study: Study, table: str, line: str, sentence: str
) -> None:
    append(getattr(study, table), line)
    refused(command, study.arguments, study.folder, f"{table}.csv, {sentence}")


@pytest.mark.fault(17)
def test_a_duplicate_id_in_the_labels_is_refused(command: Command, study: Study) -> None:
    labels = study.folder / "labels.csv"
    labels.write_text(LABELS + "i000,1\ni000,0\n", encoding="utf-8")
    refused(
        command,
        [*cohort_of(study), "--labels", labels],
        study.folder,
        "labels.csv, row 3: duplicate image_id 'i000'",
    )


@pytest.mark.fault(18)
def test_the_images_001_and_1_are_two_in_csv_and_in_parquet(command: Command, study: Study) -> None:
    for path in (study.studies, study.reads, study.predictions):
        edit(path, "i000,", "001,", 3)
        edit(path, "i004,", "1,", 3)
    _, of_csv = validated(command, study)
    assert float(of_csv["001"]["score"]) != float(of_csv["1"]["score"])
    (study.folder / "out").rename(study.folder / "first")
    _, of_parquet = validated(command, to_parquet(study))
    assert of_parquet == of_csv


@pytest.mark.fault(19)
def test_ids_in_one_table_alone_are_counted_and_the_images_kept(command: Command, study: Study) -> None:
    append(study.predictions, "elsewhere,0.3")
    append(study.reads, "elsewhere,R1,positive", "elsewhere,R2,positive", "nowhere,R1,negative")
    append(study.studies, "unread,p77,50,F,PA")
    edit(study.predictions, "i005,", "i005-typo,")
    results, lines = validated(command, study)
    quality = results["cohort"]["data_quality"]
    assert (quality["unused_predictions"], quality["unused_reads"]) == (2, 3)
    assert (images_of(results, "no_reference"), images_of(results, "not_processed")) == (1, 1)
    assert (images_of(results, "all"), images_of(results, "analysed")) == (121, 120)
    assert (lines["unread"]["step"], lines["i005"]["outcome"]) == ("no_reference", "FN")  # p02 is positive


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    ("table", "content", "sentence"),
    [
        ("reads", "image_id,reader_id,verdict\n000,R1,positive\n", "has no read of any image of the cohort"),
        ("labels", LABELS + "000,1\n001,0\n", "labels.csv: has no label of any image of the cohort"),
    ],
)
def test_ids_that_fit_no_image_at_all_are_refused(
    command: Command, study: Study, table: str, content: str, sentence: str
) -> None:
    (study.folder / f"{table}.csv").write_text(content, encoding="utf-8")
    extra = ["--labels", study.folder / "labels.csv"] if table == "labels" else []
    refused(command, [*cohort_of(study), *extra], study.folder, sentence)


@pytest.mark.fault(20)
@pytest.mark.parametrize("by", ["validate", "cohort"])
def test_a_patient_in_train_and_test_is_refused(command: Command, study: Study, by: str) -> None:
    header, *rows = study.studies.read_text(encoding="utf-8").splitlines()
    split = [f"{row},{'train' if row.startswith('i003') else 'test'}" for row in rows]
    study.studies.write_text("\n".join([f"{header},split", *split]) + "\n", encoding="utf-8")
    arguments = study.arguments if by == "validate" else cohort_of(study)
    sentence = "studies.csv, row 5: patient 'p01' is in split 'train' here and in 'test' above"
    refused(command, arguments, study.folder, sentence)


@pytest.mark.fault(21)
def test_sex_unknown_na_or_in_lower_case_is_a_level_of_its_own(command: Command, study: Study) -> None:
    words = ["", "NA", "f", "unknown", "Female", "F F"]
    for number, word in enumerate(words):  # of the second image of six patients
        image = f"i{2 * number + 1:03},p{number:02},{10 + number},"
        edit(study.studies, f"{image}{'FM'[number % 3 == 0]},", f"{image}{word},")
    results, lines = validated(command, study)
    assert results["cohort"]["data_quality"]["sex_unknown"] == len(words)
    assert estimate(results, "accuracy", "sex", "unknown")["images"] == len(words)
    assert {lines[f"i{2 * number + 1:03}"]["sex"] for number in range(len(words))} == {"unknown"}
    assert images_of(results, "analysed") == 120


AGES = [  # as the cell has it, the level in `validate`, the cell that `cohort table` writes
    ("060Y", "18-64", "60"),
    ("006M", "<18", "0.5"),
    ("0", "<18", "0"),
    ("120", ">=65", "120"),
    ("-1", "unknown", "-1"),
    ("121", "unknown", "121"),
    ("411", "unknown", "411"),  # in NIH's first release
    ("sixty", "unknown", "sixty"),
    ("", "unknown", ""),
]


@pytest.mark.fault(22)
def test_ages_060y_0_negative_and_411_are_counted_and_never_dropped(command: Command, study: Study) -> None:
    for number, (cell, _, _) in enumerate(AGES):
        image = f"i{number:03},p{number // 2:02},"
        edit(study.studies, f"{image}{10 + number // 2},", f"{image}{cell},")
    results, lines = validated(command, study)
    given = [level for _, level, _ in AGES]
    assert [lines[f"i{number:03}"]["age_years"] for number in range(len(AGES))] == given
    assert results["cohort"]["data_quality"]["age_years_unknown"] == given.count("unknown")
    levels = [row for row in results["estimates"] if row["subgroup"]["axis"] == "age_years"]
    analysed = sum(row["images"] for row in levels if row["metric"] == "sensitivity")
    assert analysed == images_of(results, "analysed") == 120
    assert command(*cohort_of(study), "--out", study.folder / "cohort").code == 0
    with (study.folder / "cohort" / "studies.csv").open(encoding="utf-8", newline="") as file:
        written = [row["age_years"] for row in csv.DictReader(file)]
    assert written[: len(AGES)] == [cell for _, _, cell in AGES]


@pytest.mark.fault(23)
@pytest.mark.parametrize("word", ["postive", "Positive", "pneumonia", ""])
def test_a_verdict_with_a_typo_or_of_an_unknown_class_is_refused(
    command: Command, study: Study, word: str
) -> None:
    edit(study.reads, "i000,R2,positive", f"i000,R2,{word}")
    sentence = f"reads.csv, row 3: verdict is {word!r}; it must be one of indeterminate, negative, positive"
    refused(command, study.arguments, study.folder, sentence)
    refused(command, cohort_of(study), study.folder, sentence)


@pytest.mark.fault(23)
@pytest.mark.parametrize("word", ["yes", "-1.0", "NA"])
def test_a_label_with_a_typo_is_refused(command: Command, study: Study, word: str) -> None:
    labels = study.folder / "labels.csv"
    labels.write_text(f"{LABELS}i000,1\ni001,{word}\n", encoding="utf-8")
    sentence = f"labels.csv, row 3: Pneumonia is {word!r}; a label is 1, 0 or empty (unknown)."
    refused(command, [*cohort_of(study), "--labels", labels], study.folder, sentence)


READERS: dict[str, list[tuple[dict[str, str], str]]] = {  # rule -> verdicts by reader, the reference
    "majority": [
        ({"R1": "positive", "R2": "positive"}, "positive"),  # R3 is missing
        ({"R1": "positive", "R2": "negative"}, "indeterminate"),  # tied
        ({"R1": "negative"}, "negative"),  # one reader only
        ({}, ""),  # nobody read it
    ],
    "unanimous": [({"R1": "positive", "R2": "negative"}, "indeterminate"), ({"R1": "positive"}, "positive")],
    "any": [({"R1": "positive", "R2": "negative"}, "positive"), ({"R3": "negative"}, "negative")],
    "at_least:2": [
        ({"R1": "positive"}, "indeterminate"),  # one reader cannot make two
        ({"R1": "negative", "R2": "negative", "R3": "positive"}, "negative"),
    ],
    "adjudicated:R3": [
        ({"R1": "positive", "R2": "negative"}, "indeterminate"),  # the adjudicator is missing
        ({"R1": "positive", "R2": "negative", "R3": "negative"}, "negative"),
        ({"R1": "positive", "R2": "positive"}, "positive"),
    ],
}


@pytest.mark.fault(24)
@pytest.mark.parametrize("rule", READERS)
def test_missing_tied_and_single_readers_follow_the_rule_of_the_protocol(
    command: Command, study: Study, rule: str
) -> None:
    edit(study.protocol, 'rule = "majority"', f'rule = "{rule}"')
    reads = study.reads.read_text(encoding="utf-8").splitlines()
    told = tuple(f"i{number:03}," for number in range(len(READERS[rule])))
    study.reads.write_text("".join(f"{row}\n" for row in reads if not row.startswith(told)), encoding="utf-8")
    for image, (verdicts, _) in zip(told, READERS[rule], strict=True):
        append(study.reads, *(f"{image}{reader},{verdict}" for reader, verdict in verdicts.items()))
    results, lines = validated(command, study)
    expected = [reference for _, reference in READERS[rule]]
    assert [lines[image.strip(",")]["reference"] for image in told] == expected
    assert images_of(results, "indeterminate") == expected.count("indeterminate")
    assert images_of(results, "no_reference") == expected.count("")
    assert images_of(results, "all") == 120


@pytest.mark.fault(25)
@pytest.mark.parametrize("score", ["NaN", "inf", "None", "", "1.0000001", "-0.0001", "1e400", "0,5"])
def test_a_score_that_is_nan_inf_none_or_out_of_range_is_refused(
    command: Command, study: Study, score: str
) -> None:
    edit(study.predictions, "i001,", "i001,#")
    line = next(line for line in study.predictions.read_text().splitlines() if "#" in line)
    edit(study.predictions, line, f'i001,"{score}"')
    sentence = f"predictions.csv, row 3: score {score!r} is not a number between 0 and 1"
    refused(command, study.arguments, study.folder, sentence)


@pytest.mark.fault(25)
@pytest.mark.parametrize("score", [float("nan"), float("inf"), None, 1.5])
def test_a_score_of_parquet_that_is_nan_inf_none_or_out_of_range_is_refused(
    command: Command, study: Study, score: float | None
) -> None:
    changed = to_parquet(study, score=pa.array([0.5, score, *[0.5] * 118]))
    refused(command, changed.arguments, study.folder, "predictions.parquet, row 3: score ")


@pytest.mark.fault(26)
def test_subgroups_of_nobody_one_patient_or_one_class_are_not_estimable_instead_of_0(
    command: Command, study: Study
) -> None:
    edit(study.protocol, "cut_points = [18, 65]", "cut_points = [5, 18, 65]")  # nobody is younger than 5
    edit(study.studies, "i002,p01,11,F,PA", "i002,p01,11,O,PA")  # one negative image of one patient
    results, _ = validated(command, study)
    nobody = [
        estimate(results, metric, "age_years", "<5") for metric in ("sensitivity", "specificity", "auroc")
    ]
    one = {
        metric: estimate(results, metric, "sex", "O")
        for metric in ("sensitivity", "specificity", "f1", "auroc")
    }
    for row in (*nobody, one["sensitivity"], one["auroc"]):
        assert (row["value"], row["status"]) == (None, "undefined")
        assert set(row["intervals"].values()) == {None}
    assert {row["images"] for row in nobody} == {0}
    alone = one["specificity"]
    assert (alone["value"], alone["denominator"], alone["status"]) == (1.0, 1, "insufficient")
    assert alone["intervals"]["exact_clustered"] == [0.0, 1.0]  # one patient says nothing


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    ("table", "spoil", "sentence"),
    [
        ("reads", lambda text: text.encode("utf-16"), "contains a NUL byte; save it as UTF-8 text."),
        ("predictions", lambda text: text.encode("utf-16-le"), "contains a NUL byte; save it as UTF-8 text."),
        ("studies", lambda text: text.encode("utf-32"), "contains a NUL byte; save it as UTF-8 text."),
        (
            "reads",
            lambda text: text.replace("i003", "i\u00e93").encode("latin-1"),
            "is not UTF-8 text (byte ",
        ),
        (
            "predictions",
            lambda text: text.replace("i003", "i0\x003").encode(),
            "contains a NUL byte; save it as UTF-8 text.",
        ),
        (
            "studies",
            lambda text: text.replace("i003,", f"{'x' * 1_000_000},").encode(),
            "is not well-formed CSV (field larger",
        ),
        ("reads", lambda text: text.replace("i003,", '"i003,').encode(), "is not well-formed CSV"),
    ],
    ids=["UTF-16", "UTF-16 without a mark", "UTF-32", "Latin-1", "NUL", "a cell too long", "an open quote"],
)
def test_utf_16_a_nul_byte_and_a_cell_of_a_million_characters_are_refused(
    command: Command, study: Study, table: str, spoil: Callable[[str], bytes], sentence: str
) -> None:
    path: Path = getattr(study, table)
    path.write_bytes(spoil(path.read_text(encoding="utf-8")))
    refused(command, study.arguments, study.folder, sentence)


@pytest.mark.fault(27)
def test_the_longest_cell_and_a_line_feed_within_a_cell_are_kept(command: Command, study: Study) -> None:
    long, broken = "x" * LONGEST_CELL, 'a\nb\r\n"c", d'
    for path in (study.studies, study.reads, study.predictions):
        edit(path, "i000,", f"{long},", 3)
        edit(path, "i001,", '"{}",'.format(broken.replace('"', '""')), 3)
    results, lines = validated(command, study)
    assert images_of(results, "analysed") == 120
    assert (lines[long]["outcome"], "i000" in lines, "i001" in lines) == ("FN", False, False)
    assert [name for name in lines if "\n" in name] == [broken]


@pytest.mark.fault(28)
def test_a_cell_that_begins_as_a_formula_is_unchanged_in_the_evidence(command: Command, study: Study) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "=\t1"]
    for number, name in enumerate(names):
        for path in (study.studies, study.reads, study.predictions):
            edit(path, f"i{number:03},", f"{name},", 3)
    _, lines = validated(command, study)
    assert set(names) <= set(lines)
    for path in (study.studies, study.reads, study.predictions):
        assert (study.folder / "out" / "inputs" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.fault(30)
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[bootstrap]\n", "[bootstrap]\nreplicates = 2000\n", "is not valid TOML (Cannot overwrite a value"),
        ("[bootstrap]\n", "[claim]\n[bootstrap]\n", "is not valid TOML (Cannot declare"),
        (
            "[bootstrap]\n",
            "[bootstrap]\nrepliactes = 2000\n",
            "bootstrap.repliactes: this key is not known; known here are",
        ),
        (
            "[bootstrap]\n",
            "[thresholds]\nx = 1\n[bootstrap]\n",
            "thresholds: this key is not known; known here are",
        ),
        ("threshold = 0.5", 'threshold = "!!python/object:os.system"', "operating_point.threshold: "),
        ("threshold = 0.5", "threshold = !!python/object:os.system", "is not valid TOML (Invalid value"),
    ],
    ids=["key twice", "table twice", "unknown key", "unknown table", "tag as text", "tag"],
)
def test_a_duplicate_or_unknown_key_of_the_protocol_is_refused(
    command: Command, study: Study, old: str, new: str, sentence: str
) -> None:
    edit(study.protocol, old, new)
    refused(command, study.arguments, study.folder, f"protocol.toml: {sentence}")


@pytest.mark.parametrize("table", ["protocol", "reads"])
@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "dangling link"])
def test_what_is_no_regular_file_is_refused_without_waiting(
    command: Command, study: Study, table: str, kind: str
) -> None:
    path: Path = getattr(study, table)
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else study.folder / "absent.csv")
    words = {"folder": "(Is a directory)", "dangling link": "(No such file"}.get(
        kind, "is not a regular file"
    )
    refused(command, study.arguments, study.folder, words)


def test_a_linked_table_is_read_as_the_file_it_leads_to(command: Command, study: Study) -> None:
    kept = study.reads.rename(study.folder / "elsewhere.csv")
    study.reads.symlink_to(kept)
    assert images_of(validated(command, study)[0], "analysed") == 120
    stored = study.folder / "out" / "inputs" / "reads.csv"
    assert (stored.is_symlink(), stored.read_bytes()) == (False, kept.read_bytes())
