"""A run killed in any of its stages: the same command again ends in the bytes of a run that nobody disturbed."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from protocols.cohorts import phantom
from protocols.progress import silent
from tests.test_run_command import PROTOCOL

STAGES = ("pack: ", "train: ", "predict: ", "resampling: ", "report: ")  # what is said as each ends
COMPARED = ("results.json", "line_listing.csv", "inputs/predictions.csv", "inputs/images.csv")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    phantom.generate(folder, seed=510, patients=40, workers=2, progress=partial(silent, "phantoms"))
    (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    return folder


def started(cohort: Path, out: Path) -> subprocess.Popen[str]:
    program = "import cxr510k; cxr510k.main()"
    arguments = ["run", cohort / "protocol.toml", "--cohort", cohort, "--out", out]
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_after(stage: str, cohort: Path, out: Path) -> None:
    """SIGKILL as soon as a stage says that it is done, which is at the beginning of the next."""
    with started(cohort, out) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith(stage):
                process.kill()
        process.wait()
    assert process.returncode == -9


def evidence(out: Path) -> dict[str, bytes]:
    names = [*COMPARED, *(str(path.relative_to(out)) for path in sorted((out / "model").rglob("*.*")))]
    return {name: (out / name).read_bytes() for name in names}


@pytest.mark.slow
def test_killed_in_every_stage_it_ends_in_the_same_bytes(cohort: Path, tmp_path: Path) -> None:
    whole, disturbed = tmp_path / "whole", tmp_path / "disturbed"
    with started(cohort, whole) as process:
        said = process.communicate()[1]
    assert process.returncode == 0, said
    for stage in STAGES:
        killed_after(stage, cohort, disturbed)
        assert not disturbed.exists()
    with started(cohort, disturbed) as process:
        said = process.communicate()[1]
    assert process.returncode == 0, said
    assert "found in the work folder" in said
    assert evidence(disturbed) == evidence(whole)
    assert not (tmp_path / "disturbed.work").exists()
