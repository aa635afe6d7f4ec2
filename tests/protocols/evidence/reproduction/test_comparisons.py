"""Comparison of scores at level 2, by hand: tolerance, flips, and images that changed their status."""

import json
from pathlib import Path

import pytest

from protocols.evidence.reproduction.comparisons import compare_images, compare_marks, compare_scores
from protocols.finding import ReproductionFinding
from protocols.images.hashes import ImageRecord, Inventory
from protocols.images.perceptual_hash import BITS
from protocols.storage.run_folder import RunFolder

HEADER = "image_id,score,status,reason\n"


def folder(root: Path, *scores: str) -> RunFolder:
    (root / "inputs").mkdir(parents=True)
    rows = [f"i{number},{score},{'ok' if score else 'failed'}," for number, score in enumerate(scores)]
    (root / "inputs" / "predictions.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    (root / "results.json").write_text(
        json.dumps({"schema": "cxr510k-results/1", "operating_point": {"threshold": 0.5}}), encoding="utf-8"
    )
    return RunFolder(root)


def found(tmp_path: Path, recorded: list[str], recomputed: list[str]) -> dict[str, ReproductionFinding]:
    run, again = folder(tmp_path / "run", *recorded), folder(tmp_path / "again", *recomputed)
    return {finding.what: finding for finding in compare_scores(run, again)}


SCORES = [
    # recorded, recomputed, scores reproduced, decisions reproduced
    (["0.400000"], ["0.400000"], True, True),
    (["0.400000"], ["0.400010"], True, True),  # exactly the tolerance
    (["0.400000"], ["0.400011"], False, True),
    (["0.499999"], ["0.500001"], True, False),  # within the tolerance, but a decision flipped
    (["0.600000", ""], ["0.600000", ""], True, True),  # a failed image has no score to compare
]


@pytest.mark.parametrize(("recorded", "recomputed", "scores", "decisions"), SCORES)
def test_scores_by_hand(
    tmp_path: Path, recorded: list[str], recomputed: list[str], scores: bool, decisions: bool
) -> None:
    findings = found(tmp_path, recorded, recomputed)
    assert (findings["scores"].reproduced, findings["decisions"].reproduced) == (scores, decisions)


def test_a_flipped_image_is_named_by_hand(tmp_path: Path) -> None:
    findings = found(tmp_path, ["0.1", "0.499999"], ["0.1", "0.500000"])
    assert findings["decisions"].words == "1 flipped: i1"


def test_a_score_that_came_or_went_is_a_difference_by_hand(tmp_path: Path) -> None:
    findings = found(tmp_path, ["0.1", ""], ["0.1", "0.2"])
    words = "other images have a score: i1 recorded failed, recomputed ok"
    assert findings == {"scores": ReproductionFinding("scores", False, words)}


MARKS = "image_id,x,y,left,top,width,height\n"
POINTS = [
    # recorded, recomputed, reproduced, words
    (["0.5,0.5"], ["0.5,0.5"], True, "1 marks, identical"),
    (["0.5,0.5"], ["0.502,0.5"], True, "largest distance 2.0e-03"),
    (["0.5,0.5"], ["0.5,0.503"], False, "allowed 0.002"),
    (["0.5,0.5", ""], ["0.5,0.5", ""], True, "2 marks, identical"),
    (["0.5,0.5", ""], ["0.5,0.5", "0.5,0.5"], False, "other images have a mark"),
]


@pytest.mark.parametrize(("recorded", "recomputed", "reproduced", "words"), POINTS)
def test_marks_by_hand(
    tmp_path: Path, recorded: list[str], recomputed: list[str], reproduced: bool, words: str
) -> None:
    runs = []
    for name, points in (("run", recorded), ("again", recomputed)):
        run = RunFolder(tmp_path / name)
        run.inputs.mkdir(parents=True)
        rows = [
            f"i{number},{point},0.4,0.4,0.2,0.2" if point else f"i{number},,,,,,"
            for number, point in enumerate(points)
        ]
        (run.inputs / "marks.csv").write_text(MARKS + "\n".join(rows) + "\n", encoding="utf-8")
        runs.append(run)
    finding = compare_marks(*runs)
    assert (finding.reproduced, words in finding.words) == (reproduced, True)


def record(file: str, pixels: str) -> ImageRecord:
    return ImageRecord(10, 10, file * 64, pixels * 64, "0" * ((BITS + 1) // 4))


PICTURES = [
    # recomputed, reproduced, words
    ({"a": record("1", "2"), "b": record("3", "4")}, True, "2 files, identical"),
    ({"a": record("1", "9"), "b": record("3", "4")}, True, "identical, 1 decoded to other pixels here"),
    ({"a": record("9", "2"), "b": record("3", "4")}, False, "1 are not the files of the run: a"),
    ({"a": record("1", "2")}, False, "1 are not the files of the run: b"),
]


@pytest.mark.parametrize(("recomputed", "reproduced", "words"), PICTURES)
def test_images_by_hand(
    tmp_path: Path, recomputed: dict[str, ImageRecord], reproduced: bool, words: str
) -> None:
    runs = []
    for name, records in (("run", PICTURES[0][0]), ("again", recomputed)):
        run = RunFolder(tmp_path / name)
        run.inputs.mkdir(parents=True)
        Inventory(records, {}).write(run.inputs / "images.csv")
        runs.append(run)
    finding = compare_images(*runs)
    assert (finding.reproduced, words in finding.words) == (reproduced, True)
