"""`cxr510k rerun` on a validation of tables: what is reproduced, and where anything first differs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.manifest import write_manifest
from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]


@pytest.fixture
def validated(command: Command, study: Study) -> Path:
    out = study.folder / "run"
    assert command(*study.arguments, "--out", out).code == 0
    return out


def change_a_score(out: Path) -> None:
    path = out / "inputs" / "predictions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("i003,0.", "i003,0.7", 1), encoding="utf-8")


def test_level_1_is_identical(command: Command, validated: Path) -> None:
    before = {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()}
    ended = command("rerun", validated, "--level", 1)
    assert (ended.code, "results.json: identical to the byte" in ended.out) == (0, True)
    assert {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()} == before


def test_a_changed_score_names_the_file(command: Command, validated: Path) -> None:
    change_a_score(validated)
    ended = command("rerun", validated, "--level", 1)
    assert (ended.code, "inputs/predictions.csv: changed since it was recorded" in ended.out) == (1, True)


def test_with_the_manifest_made_again_it_names_the_first_key_and_both_values(
    command: Command, validated: Path
) -> None:
    change_a_score(validated)
    write_manifest(validated)
    ended = command("rerun", validated, "--level", 1)
    assert ended.code == 1
    first = next(line for line in ended.out.splitlines() if line.startswith("differs"))
    assert "results.json: " in first
    assert "recorded " in first
    assert "recomputed " in first


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda out: (out / "results.json").unlink(), "results.json: recorded, but not there"),
        (lambda out: (out / "extra.txt").write_text("x"), "extra.txt: there, but not recorded"),
        (lambda out: (out / "protocol.toml").write_text("x"), "protocol.toml: changed since it was recorded"),
    ],
)
def test_every_other_change_names_the_file(
    command: Command, validated: Path, harm: Callable[[Path], object], sentence: str
) -> None:
    harm(validated)
    ended = command("rerun", validated, "--level", 1)
    assert (ended.code, sentence in ended.out) == (1, True)


def test_level_2_without_a_model_is_not_possible(command: Command, validated: Path) -> None:
    ended = command("rerun", validated, "--level", 2)
    assert (ended.code, "holds no model/" in ended.err) == (3, True)


@pytest.mark.parametrize(("level", "sentence"), [(0, "--level must be one of 1, 2, 3"), (4, "received 4")])
def test_there_are_three_levels(command: Command, validated: Path, level: int, sentence: str) -> None:
    ended = command("rerun", validated, "--level", level)
    assert (ended.code, sentence in ended.err) == (2, True)


def test_what_is_no_run_folder_is_refused(command: Command, tmp_path: Path) -> None:
    ended = command("rerun", tmp_path, "--level", 1)
    assert (ended.code, "is no run folder" in ended.err) == (2, True)


def change_a_number(out: Path, key: str, old: str, new: str) -> None:
    """As someone would who makes the manifest anew."""
    path = out / "results.json"
    text = path.read_text(encoding="utf-8")
    place = text.index(f'"{key}": {old}')
    path.write_text(text[:place] + text[place:].replace(old, new, 1), encoding="utf-8")
    write_manifest(out)


def test_the_second_implementation_agrees(command: Command, validated: Path) -> None:
    before = {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()}
    ended = command("rerun", validated, "--independent")
    assert ended.code == 0
    assert "SE, lower bound of sensitivity in overall=all: first 0." in ended.out
    assert "verdict: first pass, second pass" in ended.out
    assert ended.out.splitlines()[-1] == "reproduced independently"
    assert {path: path.read_bytes() for path in validated.rglob("*") if path.is_file()} == before


def test_a_changed_number_is_named_with_both_values(command: Command, validated: Path) -> None:
    change_a_number(validated, "numerator", "51", "52")
    ended = command("rerun", validated, "--independent")
    assert ended.code == 1
    differs = [line for line in ended.out.splitlines() if line.startswith("differs")]
    assert differs[0] == "differs estimates[sensitivity, overall=all].numerator: first 52, second 51"


def test_a_changed_verdict_is_named(command: Command, validated: Path) -> None:
    change_a_number(validated, "verdict", '"met"', '"not_met"')
    ended = command("rerun", validated, "--independent")
    assert (ended.code, " met, second " in ended.out, "not_met, second " in ended.out) == (1, False, True)


def test_the_manifest_comes_before_the_second_implementation(command: Command, validated: Path) -> None:
    change_a_score(validated)
    ended = command("rerun", validated, "--independent")
    assert (ended.code, "inputs/predictions.csv: changed since it was recorded" in ended.out) == (1, True)
    assert "second" not in ended.out


def test_a_level_and_the_second_implementation_together(command: Command, validated: Path) -> None:
    ended = command("rerun", validated, "--level", 1, "--independent")
    assert ended.code == 0
    assert "results.json: identical to the byte" in ended.out
    assert "second opinion: " in ended.out


def test_nothing_asked_for_is_refused(command: Command, validated: Path) -> None:
    ended = command("rerun", validated)
    assert (ended.code, "give --level 1, 2 or 3, --independent, or both" in ended.err) == (2, True)
