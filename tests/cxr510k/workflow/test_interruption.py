"""A command killed in any of its stages and writers: the same again ends in the bytes of one that nobody disturbed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from protocols.cohorts.phantom import generate as phantom
from protocols.progress import silent
from protocols.storage.manifest import differences
from reports.pdf.render_stack import missing_libraries
from tests.conftest import Outcome, Study
from tests.cxr510k.commands.test_run import PROTOCOL

Command = Callable[..., Outcome]

REPOSITORY = Path(__file__).parents[3]
STAGES = ("pack: ", "train: ", "predict: ", "resampling: ", "report: ")  # what is said as each ends
COMPARED = ("results.json", "line_listing.csv", "inputs/predictions.csv", "inputs/images.csv")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    phantom.generate(folder, seed=510, patients=40, workers=2, progress=partial(silent, "phantoms"))
    (folder / "protocol.toml").write_text(PROTOCOL, encoding="utf-8")
    return folder


# The first change whose new name ends in that of the first argument is the moment of the second.
DISTURBED = """
import os, signal, sys
from cxr510k.main import main
ending, how = sys.argv[1:3]
del sys.argv[1:3]

def seen(event, arguments):
    global ending
    if event == "os.rename" and ending and str(arguments[1]).endswith(ending):
        ending = ""
        if how == "full":
            raise OSError(28, "No space left on device", str(arguments[1]))
        os.kill(os.getpid(), getattr(signal, how))

sys.addaudithook(seen)
main()
"""
# Inside the writers, in the order of a run, and how each ends.
WRITERS = [
    ("00002.checkpoint", "full", 3),
    ("model.weights.h5", "SIGKILL", -9),
    ("plan.json", "SIGTERM", 143),
    ("predictions.csv", "full", 3),
    ("results.json", "SIGINT", 130),
    ("report.pdf", "SIGKILL", -9),
]


def started(
    *arguments: object, disturbed: tuple[str, str] = ("", ""), stdout: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DISTURBED, *disturbed, *map(str, arguments)],
        cwd=REPOSITORY,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def running(cohort: Path, out: Path) -> list[object]:
    return ["run", cohort / "protocol.toml", "--cohort", cohort, "--out", out]


def killed_after(stage: str, cohort: Path, out: Path) -> None:
    """SIGKILL as soon as a stage says that it is done, which is at the beginning of the next."""
    with started(*running(cohort, out)) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith(stage):
                process.kill()
        process.wait()
    assert process.returncode == -9


def evidence(out: Path) -> dict[str, bytes]:
    names = [*COMPARED, *(str(path.relative_to(out)) for path in sorted((out / "model").rglob("*.*")))]
    return {name: (out / name).read_bytes() for name in names}


def ended_well(arguments: list[object]) -> str:
    with started(*arguments) as process:
        said = process.communicate()[1]
    assert process.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def whole(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole") / "run"
    ended_well(running(cohort, out))
    return out


@pytest.mark.slow
@pytest.mark.fault(46)
def test_killed_in_every_stage_it_ends_in_the_same_bytes(cohort: Path, whole: Path, tmp_path: Path) -> None:
    disturbed = tmp_path / "disturbed"
    for stage in STAGES:
        killed_after(stage, cohort, disturbed)
        assert not disturbed.exists()
    assert "found in the work folder" in ended_well(running(cohort, disturbed))
    assert evidence(disturbed) == evidence(whole)
    assert [path.name for path in tmp_path.iterdir()] == ["disturbed"]


@pytest.mark.slow
@pytest.mark.fault(46, 48, 50)
def test_killed_stopped_or_without_room_inside_its_writers_a_run_ends_in_the_same_bytes(
    cohort: Path, whole: Path, tmp_path: Path
) -> None:
    disturbed = tmp_path / "disturbed"
    for ending, how, code in WRITERS:
        with started(*running(cohort, disturbed), disturbed=(ending, how)) as process:
            said = process.communicate()[1]
        assert (process.returncode, "Traceback" in said) == (code, False), said
        if how == "full":
            assert "No space left on device" in said.splitlines()[-1]
        assert not disturbed.exists()
    ended_well(running(cohort, disturbed))
    assert evidence(disturbed) == evidence(whole)
    assert [path.name for path in tmp_path.iterdir()] == ["disturbed"]


@pytest.mark.slow
@pytest.mark.fault(46, 48)
def test_robustness_killed_or_without_room_leaves_the_run_as_it_was(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    before = contents(run)
    for ending, how, code in [("robustness/scores.csv", "full", 3), ("summary.pdf", "SIGKILL", -9)]:
        with started("robustness", run, disturbed=(ending, how)) as process:
            said = process.communicate()[1]
        assert process.returncode == code, said
        assert contents(run) == before
    ended_well(["robustness", run])
    assert (run / "robustness" / "results.json").exists() and differences(run) == []
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def disturbed_everywhere(how: str, changed: Path, step: int, *arguments: object) -> list[dict[str, object]]:
    """What `kill_points` found; the first row is of the command that nobody disturbed."""
    program = [
        sys.executable,
        REPOSITORY / "tests" / "cxr510k" / "workflow" / "kill_points.py",
        how,
        changed,
        step,
    ]
    ended = subprocess.run(
        [*map(str, program), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.mark.slow
@pytest.mark.fault(46)
def test_validate_killed_at_its_changes_of_the_disk_gives_the_same_bytes_again(study: Study) -> None:
    runs = study.folder / "runs"
    runs.mkdir()
    whole, *rows = disturbed_everywhere("kill", runs, 6, *study.arguments, "--out", runs / "{again}")
    assert whole["undisturbed"] == 0 and len(rows) > 10
    for row in rows:
        # 2: killed after the folder was whole, which the second command does not touch
        assert row["ended"] == -9 and row["then"] in (0, 2) and row["left"] == []
        assert row["sha256"] == whole["sha256"]
    assert [row["then"] for row in rows].count(2) <= 2


@pytest.mark.slow
@pytest.mark.fault(48)
def test_validate_without_room_at_its_changes_of_the_disk_says_so_and_leaves_nothing(study: Study) -> None:
    runs = study.folder / "runs"
    runs.mkdir()
    whole, *rows = disturbed_everywhere("full", runs, 6, *study.arguments, "--out", runs / "{again}")
    told = [row for row in rows if row["ended"] != 0]  # where only a removal was left, no room was needed
    assert whole["undisturbed"] == 0 and len(told) > 8
    for row in told:
        sentence = str(row["said"]).splitlines()[-1]
        assert (row["ended"], "No space left on device" in sentence, str(runs) in sentence) == (
            3,
            True,
            True,
        ), row
        assert "Traceback" not in str(row["said"])
        assert row["then"] in (0, 2) and row["sha256"] == whole["sha256"]


@pytest.mark.slow
@pytest.mark.fault(46, 48)
@pytest.mark.parametrize("how", ["kill", "full"])
def test_report_killed_or_without_room_leaves_the_old_report_or_the_new_and_ends_in_the_same_bytes(
    command: Command, study: Study, how: str
) -> None:
    if missing_libraries():
        pytest.skip(
            "needs the system libraries that lay out a PDF; `cxr510k doctor` says how to install them"
        )
    runs = study.folder / "runs"
    assert command(*study.arguments, "--out", runs / "one").code == 0
    whole, *rows = disturbed_everywhere(how, runs, 200, "report", runs / "one")
    assert whole["undisturbed"] == 0 and len(rows) >= 4
    assert sum(row["place"][0] == "os.rename" for row in rows) >= 2  # type: ignore[index]
    for row in rows:
        assert row["ended"] in ((-9,) if how == "kill" else (0, 3)), row
        assert "Traceback" not in str(row["said"])
        assert (row["then"], row["left"], row["sha256"]) == (0, [], whole["sha256"]), row
    assert [path.name for path in runs.iterdir()] == ["one"]


@pytest.mark.slow
@pytest.mark.fault(46)
def test_bundle_killed_at_its_changes_of_the_disk_is_whole_or_not_there(
    command: Command, study: Study
) -> None:
    run, keys, bundles = (study.folder / name for name in ("run", "keys", "bundles"))
    assert command(*study.arguments, "--out", run).code == 0
    assert command("keygen", "--out", keys).code == 0
    bundles.mkdir()
    arguments = ["bundle", run, "--key", keys / "private.pem", "--out", bundles / "{again}"]
    whole, *rows = disturbed_everywhere("kill", bundles, 12, *arguments)
    assert whole["undisturbed"] == 0 and len(rows) >= 6
    for row in rows:
        assert (row["ended"], row["left"]) == (-9, []) and row["then"] in (0, 2), row
    assert 1 <= [row["then"] for row in rows].count(2) <= 2  # killed after it was whole
    assert all((made / "attestation.dsse.json").exists() for made in bundles.glob("[!.]*"))
    assert differences(run) == []
