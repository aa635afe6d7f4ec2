"""`cxr510k validate` as a person types it: what it refuses, what it accepts and counts, what it writes."""

import gzip
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]


def results_of(out: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return document


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def append(path: Path, line: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")


# table, what is done to it, what the sentence says
REFUSED: list[tuple[str, Callable[[Path], object], str]] = [
    ("studies", lambda p: p.unlink(), "cannot be read"),
    ("studies", lambda p: edit(p, "view", "projection"), "column 'view' is missing"),
    ("studies", lambda p: append(p, "i000,p99,50,F,PA"), "row 122: duplicate image_id 'i000'"),
    ("predictions", lambda p: append(p, "i000,0.5"), "row 122: duplicate image_id 'i000'"),
    ("reads", lambda p: append(p, "i000,R1,positive"), "duplicate image_id 'i000', reader_id 'R1'"),
    ("predictions", lambda p: append(p, "x,nan"), "score 'nan' is not a number between 0 and 1"),
    ("predictions", lambda p: append(p, "x,inf"), "score 'inf'"),
    ("predictions", lambda p: append(p, "x,1.2"), "score '1.2'"),
    ("predictions", lambda p: append(p, "x,-0.1"), "score '-0.1'"),
    ("predictions", lambda p: append(p, "x,"), "score ''"),
    (
        "reads",
        lambda p: append(p, "i000,R9,yes"),
        "verdict is 'yes'; it must be one of indeterminate, negative, positive",
    ),
    ("predictions", lambda p: p.write_text("image_id,score,status\na,0.1,done\n"), "status is 'done'"),
    (
        "studies",
        lambda p: p.write_text("image_id,patient_id,age_years,sex,view,split\na,p,1,F,PA,dev\n"),
        "split is 'dev'",
    ),
    (
        "studies",
        lambda p: p.write_text("image_id,patient_id,age_years,sex,view,split\na,p,1,F,PA,\n"),
        "split is ''",
    ),
    (
        "studies",
        lambda p: p.write_text(
            "image_id,patient_id,age_years,sex,view,split\na,p,1,F,PA,test\nb,p,1,F,PA,train\n"
        ),
        "patient 'p' is in split 'train' here and in 'test' above",
    ),
    ("studies", lambda p: edit(p, "i005,", ","), "row 7: image_id is empty"),
    ("studies", lambda p: edit(p, ",p03,", ",,"), "patient_id is empty"),
    ("reads", lambda p: edit(p, ",R2,", ",,"), "reader_id is empty"),
    ("studies", lambda p: append(p, "x,p99,50,F"), "row 122: has 4 fields; the header has 5"),
    ("studies", lambda p: append(p, "x,p99,50,F,PA,1"), "row 122: has 6 fields; the header has 5"),
    ("studies", lambda p: edit(p, "sex,view", "sex,sex"), "two columns are named 'sex'"),
    ("reads", lambda p: p.write_text("image_id,reader_id,verdict\n"), "a header and no rows"),
    ("reads", lambda p: p.write_bytes(b""), "is empty"),
    ("reads", lambda p: p.write_bytes(b"image_id,reader_id,verdict\na\0,R1,positive\n"), "NUL byte"),
    ("reads", lambda p: p.write_bytes(p.read_text().encode("utf-16")), "NUL byte"),
    ("reads", lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe"), "is not UTF-8 text"),
    (
        "reads",
        lambda p: p.write_bytes("image_id,reader_id,verdict\nä,R1,positive\n".encode("latin-1")),
        "not UTF-8",
    ),
    (
        "reads",
        lambda p: p.write_text("image_id,reader_id,verdict\nnone,R1,positive\n"),
        "0 of the 120 test images have a read, and at least half must",
    ),
    ("protocol", lambda p: edit(p, "threshold = 0.5", "threshold = 1.5"), "operating_point.threshold"),
    ("protocol", lambda p: edit(p, "goal = 0.5", "goal = nan"), "criteria.1.goal"),
    ("protocol", lambda p: edit(p, "replicates = 1000", "replicates = 999"), "bootstrap.replicates"),
    (
        "protocol",
        lambda p: edit(p, 'axis = "sex"', 'axis = "gender"'),
        "axis 'gender' is not a column of the studies; there are",
    ),
    ("protocol", lambda p: edit(p, '"sensitivity"', '"recall"'), "should be 'sensitivity', 'specificity'"),
    ("protocol", lambda p: edit(p, 'id = "small"', 'id = "small'), "is not valid TOML"),
    ("protocol", lambda p: append(p, "[training_plan]\nx = 1"), "training_plan: this key is not known"),
    (
        "protocol",
        lambda p: edit(p, "[bootstrap]", '[columns.studies]\nsex = "Gender"\n[bootstrap]'),
        "'Gender', which the file lacks",
    ),
    ("protocol", lambda p: edit(p, '"majority"', '"adjudicated:Z"'), "an adjudicator who read nothing"),
    (
        "protocol",
        lambda p: edit(p, "threshold = 0.5\nsource", 'from = "model"\nrule = "youden"\n#'),
        "give the model's file with --operating-point",
    ),
    (
        "protocol",
        lambda p: edit(p, 'subgroup = "overall"', 'subgroup = {axis = "age_years", level = "18-65"}'),
        "level '18-65', which axis 'age_years' cannot have; it has '<18', '18-64', '>=65'",
    ),
]


@pytest.mark.parametrize(("table", "harm", "sentence"), REFUSED, ids=[case[2][:40] for case in REFUSED])
def test_bad_input_is_refused_in_a_sentence(
    command: Command, study: Study, table: str, harm: Callable[[Path], object], sentence: str
) -> None:
    harm(getattr(study, table))
    ended = command(*study.arguments, "--out", study.folder / "run")
    assert ended.code == 2
    assert sentence in ended.err
    assert "Traceback" not in ended.err
    assert sorted(p.name for p in study.folder.iterdir() if p.is_dir() or p.name.startswith(".")) == []


def test_all_faults_of_a_protocol_are_told_at_once(command: Command, study: Study) -> None:
    edit(study.protocol, "threshold = 0.5", "threshold = 1.5")
    edit(study.protocol, "replicates = 1000", "replicates = 1\nseed = -1")
    ended = command(*study.arguments, "--out", study.folder / "run")
    assert [line.count(": ") >= 2 for line in ended.err.splitlines()] == [True, True, True]


@pytest.mark.fault(49)
def test_occupied_and_unwritable_output_is_refused(command: Command, study: Study) -> None:
    (study.folder / "run").mkdir()
    (study.folder / "run" / "mine.txt").write_text("keep")
    ended = command(*study.arguments, "--out", study.folder / "run")
    assert (ended.code, "is not empty" in ended.err) == (2, True)
    ended = command(*study.arguments, "--out", study.protocol / "run")
    assert (ended.code, "cannot be written" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["validate"], "Missing argument"),
        (["validate", "p.toml", "--bogus"], "No such option"),
        (["nonsense"], "No such command"),
        (["run", "p.toml", "--out", "x"], "give a protocol and --cohort, or neither"),
    ],
)
def test_wrong_usage_ends_with_2(command: Command, arguments: list[str], sentence: str) -> None:
    ended = command(*arguments)
    assert (ended.code, sentence in ended.err) == (2, True)


def test_a_passing_study_ends_with_0_and_leaves_a_whole_folder(command: Command, study: Study) -> None:
    out = study.folder / "run"
    ended = command(*study.arguments, "--out", out)
    assert (ended.code, "verdict pass, exit 0" in ended.out) == (0, True)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    tables = {"inputs/studies.csv", "inputs/reads.csv", "inputs/predictions.csv"}
    assert files == tables | {
        "protocol.toml",
        "results.json",
        "line_listing.csv",
        "run.json",
        "trail.jsonl",
        "manifest.json",
    }
    assert (out / "inputs" / "reads.csv").read_bytes() == study.reads.read_bytes()


@pytest.mark.parametrize(("goal", "verdict"), [("0.99", "fail"), ("0.5", "inconclusive")])
def test_other_verdicts_end_with_1(command: Command, study: Study, goal: str, verdict: str) -> None:
    edit(study.protocol, "goal = 0.5", f"goal = {goal}")
    if verdict == "inconclusive":
        edit(study.protocol, "[bootstrap]", "[minimum]\npatients = 500\n[bootstrap]")
    ended = command(*study.arguments, "--out", study.folder / "run")
    assert (ended.code, f"verdict {verdict}, exit 1" in ended.out) == (1, True)


@pytest.mark.fault(29)
def test_shuffled_files_change_the_file_hashes_alone(command: Command, study: Study) -> None:
    command(*study.arguments, "--out", study.folder / "one")
    for table in (study.studies, study.reads, study.predictions):
        header, *rows = table.read_text(encoding="utf-8").splitlines()
        random.Random(1).shuffle(rows)
        table.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    command(*study.arguments, "--out", study.folder / "two")
    one, two = results_of(study.folder / "one"), results_of(study.folder / "two")
    for table in ("studies", "reads", "predictions"):
        assert one["inputs"][table].pop("file_sha256") != two["inputs"][table].pop("file_sha256")
    assert one == two
    listings = [(study.folder / name / "line_listing.csv").read_bytes() for name in ("one", "two")]
    assert listings[0] == listings[1]


@pytest.mark.fault(27)
def test_parquet_gzip_a_byte_order_mark_and_line_ends_of_windows_say_the_same(
    command: Command, study: Study
) -> None:
    command(*study.arguments, "--out", study.folder / "one")
    frame = pd.read_csv(study.predictions, dtype={"image_id": str})
    frame.to_parquet(study.folder / "p.parquet")
    (study.folder / "s.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + study.studies.read_bytes()))
    windows = study.reads.read_bytes().replace(b"\n", b"\r\n")
    study.reads.write_bytes(windows)
    other = ["--studies", study.folder / "s.csv.gz", "--reads", study.reads]
    other += ["--predictions", study.folder / "p.parquet", "--out", study.folder / "two"]
    assert command("validate", study.protocol, *other).code == 0
    one, two = results_of(study.folder / "one"), results_of(study.folder / "two")
    hashes = [[table["content_sha256"] for table in run["inputs"].values() if table] for run in (one, two)]
    assert hashes[0] == hashes[1]
    assert one["estimates"] == two["estimates"]


ACCEPTED: list[tuple[str, Callable[[Path], object], list[str], object]] = [
    # table, what is done to it, where it is counted, how many
    (
        "studies",
        lambda p: edit(p, "i000,p00,10,", "i000,p00,411,"),
        ["cohort", "data_quality", "age_years_unknown"],
        1,
    ),
    (
        "studies",
        lambda p: edit(p, "i000,p00,10,", "i000,p00,-1,"),
        ["cohort", "data_quality", "age_years_unknown"],
        1,
    ),
    (
        "studies",
        lambda p: edit(p, "i000,p00,10,", "i000,p00,,"),
        ["cohort", "data_quality", "age_years_unknown"],
        1,
    ),
    (
        "studies",
        lambda p: edit(p, "i000,p00,10,", "i000,p00,058Y,"),
        ["input_account", "tables", 0, "ages_converted"],
        1,
    ),
    (
        "studies",
        lambda p: edit(p, "i002,p01,11,F", "i002,p01,11,f"),
        ["cohort", "data_quality", "sex_unknown"],
        1,
    ),
    ("studies", lambda p: edit(p, ",AP", ",LL"), ["cohort", "data_quality", "view_unknown"], 1),
    (
        "predictions",
        lambda p: append(p, "elsewhere,0.3"),
        ["cohort", "data_quality", "unused_predictions"],
        1,
    ),
    ("reads", lambda p: append(p, "elsewhere,R1,positive"), ["cohort", "data_quality", "unused_reads"], 1),
    ("studies", lambda p: append(p, "new,p77,50,F,PA"), ["flow", "no_reference"], 1),
    (
        "predictions",
        lambda p: p.write_text("\n".join(p.read_text().splitlines()[:-1]) + "\n"),
        ["flow", "not_processed"],
        1,
    ),
    (
        "reads",
        lambda p: edit(p, "i000,R1,positive\ni000,R2,positive", "i000,R1,negative\ni000,R2,indeterminate"),
        ["flow", "indeterminate"],
        1,
    ),
]


@pytest.mark.parametrize(
    ("table", "change", "place", "count"), ACCEPTED, ids=[case[2][-1] for case in ACCEPTED]
)
def test_what_is_accepted_is_counted(
    command: Command, study: Study, table: str, change: Callable[[Path], object], place: list[str], count: int
) -> None:
    change(getattr(study, table))
    out = study.folder / "run"
    assert command(*study.arguments, "--out", out).code in (0, 1)
    found: Any = results_of(out)
    if place[0] == "flow":
        assert {step["step"]: step["images"] for step in found["flow"]}[place[1]] == count
    else:
        for key in place:
            found = found[key]
        assert found == count


def test_only_the_test_split_is_analysed(command: Command, study: Study) -> None:
    header, *rows = study.studies.read_text(encoding="utf-8").splitlines()
    marked = [f"{row},{'test' if int(row[6:8]) < 50 else 'train'}" for row in rows]
    study.studies.write_text("\n".join([f"{header},split", *marked]) + "\n", encoding="utf-8")
    out = study.folder / "run"
    command(*study.arguments, "--out", out)
    steps = {step["step"]: step["images"] for step in results_of(out)["flow"]}
    assert (steps["all"], steps["not_test_split"], steps["analysed"]) == (120, 20, 100)


@pytest.mark.fault(18)
def test_the_patients_01_and_1_and_na_are_three(command: Command, study: Study) -> None:
    # "01" and "1" are two patients, "NA" is a name.
    edit(study.studies, ",p00,", ",01,", 2)
    edit(study.studies, ",p01,", ",1,", 2)
    edit(study.studies, ",p02,", ",NA,", 2)
    out = study.folder / "run"
    command(*study.arguments, "--out", out)
    assert results_of(out)["cohort"]["patients"] == 60


@pytest.mark.fault(36)
def test_results_are_the_same_in_another_process_zone_locale_hash_seed_and_folder(
    study: Study, tmp_path: Path
) -> None:
    import subprocess
    import sys

    script = Path(sys.executable).parent / "cxr510k"
    contents = []
    for number, (zone, locale) in enumerate((("Asia/Tokyo", "C"), ("America/Lima", "C.UTF-8"))):
        out = tmp_path / f"run{number}"
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": str(number)}
        where = tmp_path / f"from{number}"
        where.mkdir()
        subprocess.run(
            [script, *map(str, study.arguments), "--out", out],
            env=environment,
            cwd=where,
            check=True,
            capture_output=True,
        )
        contents.append((out / "results.json").read_bytes())
    assert contents[0] == contents[1]


def test_a_planted_package_is_not_imported(study: Study, tmp_path: Path) -> None:
    import subprocess
    import sys

    trap = tmp_path / "trap"
    for room in ("model", "protocols", "validation", "reports"):
        (trap / room).mkdir(parents=True)
        (trap / room / "__init__.py").write_text("raise SystemExit('planted')")
    (trap / "cxr510k.py").write_text("raise SystemExit('planted')")
    script = Path(sys.executable).parent / "cxr510k"
    ended = subprocess.run(
        [script, *map(str, study.arguments), "--out", tmp_path / "run"],
        cwd=trap,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "planted" in ended.stderr) == (0, False)
