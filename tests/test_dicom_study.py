"""A folder of DICOM on its whole way: `cohort dicom`, `predict`, `validate`, `report`, and reruns."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PROTOCOL_HEAD, Outcome
from tests.cxr510k.commands.test_run import PROTOCOL as TRAINING_PROTOCOL
from tests.protocols.cohorts.dicom_files import phantom_shades, write_folder

Command = Callable[..., Outcome]
PROTOCOL = PROTOCOL_HEAD.replace(
    'threshold = 0.5\nsource = "stated for the test"', 'from = "model"\nrule = "youden"'
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_folder_of_dicom_from_headers_to_report(command: Command, tmp_path: Path) -> None:
    phantoms, model = tmp_path / "phantoms", tmp_path / "model"
    training, protocol = tmp_path / "training.toml", tmp_path / "protocol.toml"
    training.write_text(TRAINING_PROTOCOL, encoding="utf-8")
    protocol.write_text(PROTOCOL, encoding="utf-8")
    assert command("cohort", "phantom", "--patients", 40, "--out", phantoms).code == 0
    tables = ["--studies", phantoms / "studies.csv", "--labels", phantoms / "labels.csv"]
    assert command("train", training, *tables, "--out", model).code == 0

    export, cohort = tmp_path / "export", tmp_path / "cohort"
    files = write_folder(export, draw=phantom_shades)
    reads = tmp_path / "reads.csv"
    lines = [f"{file.image_id},R1,{'positive' if file.positive else 'negative'}" for file in files]
    reads.write_text("\n".join(["image_id,reader_id,verdict", *lines]) + "\n", encoding="utf-8")
    made = command("cohort", "dicom", export, "--reads", reads, "--profile", "--out", cohort)
    assert (made.code, made.err) == (0, made.err)
    assert (len(files), len(rows_of(cohort / "studies.csv"))) == (60, 58)
    assert len(rows_of(cohort / "exclusions.csv")) == 2  # what is no DICOM, and what holds no image
    assert (cohort / "profile.html").is_file()

    scores, inventory = tmp_path / "scores.csv", tmp_path / "images.csv"
    asked = ["--model", model, "--studies", cohort / "studies.csv"]
    assert command("predict", *asked, "--out", scores, "--inventory", inventory).code == 0
    predictions = rows_of(scores)
    assert Counter(row["status"] for row in predictions) == {"ok": 55, "failed": 1, "out_of_scope": 2}
    assert {row["reason"].split(";")[0] for row in predictions if row["status"] == "out_of_scope"} == {
        "its modality is CT",
        "its view is LATERAL",
    }

    out = tmp_path / "run"
    frozen = ["--operating-point", model / "operating_point.json", "--inventory", inventory]
    ended = command("validate", protocol, "--cohort", cohort, "--predictions", scores, *frozen, "--out", out)
    assert (ended.code, "verdict none, exit 0" in ended.out) == (0, True)
    results = json.loads((out / "results.json").read_bytes())
    quality = results["cohort"]["data_quality"]
    assert (quality["failed"], quality["out_of_scope"]) == (1, 2)
    assert results["leakage"]["compared"] == 57
    assert command("report", out).code == 0
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert command("rerun", out, "--level", 1, "--independent").code == 0
