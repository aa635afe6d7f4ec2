"""`cxr510k show`, `schema` and `--version`: a run again, two runs side by side, and what an editor reads."""

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]


def validated(command: Command, study: Study, name: str) -> Path:
    out = study.folder / name
    assert command(*study.arguments, "--out", out).code in (0, 1)
    return out


def test_a_run_is_printed_again_with_its_next_steps(command: Command, study: Study) -> None:
    run = validated(command, study, "run")
    ended = command("show", run)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    whole = [one for one in results["estimates"] if one["subgroup"]["axis"] == "overall"]
    assert [line.split()[0] for line in lines[1 : 1 + len(whole)]] == [one["metric"] for one in whole]
    sensitivity = next(one for one in whole if one["metric"] == "sensitivity")
    assert f"{sensitivity['numerator']}/{sensitivity['denominator']}" in lines[1]
    assert lines[-3].startswith("verdict: PASS")
    assert lines[-2:] == [f"next: cxr510k report {run}", f"next: cxr510k rerun {run} --level 1"]


def test_equal_runs_have_no_mark_and_another_threshold_is_named(command: Command, study: Study) -> None:
    first, again = validated(command, study, "first"), validated(command, study, "again")
    same = command("show", first, again)
    assert [line for line in same.out.splitlines() if line.endswith("*")] == []
    assert "notice" not in same.out
    text = study.protocol.read_text(encoding="utf-8")
    study.protocol.write_text(text.replace("threshold = 0.5", "threshold = 0.25"), encoding="utf-8")
    other = validated(command, study, "other")
    two = command("show", first, other)
    assert "notice: The thresholds differ: 0.5 and 0.25." in two.out
    assert "notice: The files of small version 1 differ." in two.out
    assert two.out.splitlines()[-1] == "* differs as printed; no difference is tested."


def test_a_criterion_that_is_not_met_says_what_would_have_to_change(command: Command, study: Study) -> None:
    text = study.protocol.read_text(encoding="utf-8")
    study.protocol.write_text(text.replace("goal = 0.5", "goal = 0.999"), encoding="utf-8")
    run = validated(command, study, "run")
    told = [line for line in command("show", run).out.splitlines() if "would have to be above 0.999" in line]
    assert told
    assert all(line.endswith("is not, so more patients alone would not do.") for line in told)


def test_what_is_no_run_folder_is_refused(command: Command, tmp_path: Path) -> None:
    ended = command("show", tmp_path)
    assert (ended.code, "is no run folder" in ended.err) == (2, True)


def test_the_schema_is_printed_or_written(command: Command, tmp_path: Path) -> None:
    printed = command("schema")
    assert json.loads(printed.out)["title"] == "Protocol"
    written = command("schema", "--out", tmp_path / "p.json")
    assert (tmp_path / "p.json").read_text(encoding="utf-8") == printed.out
    assert '"#:schema p.json"' in written.out


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_that_of_the_package(command: Command, flag: str) -> None:
    ended = command(flag)
    assert (ended.code, ended.out) == (0, f"cxr510k {version('cxr510k')}\n")
