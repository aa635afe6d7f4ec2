"""A disk without room, or closed to writing: exit 3 in one sentence, the old as it was, and nothing half written.

A small file system in memory where mounting is allowed; a limit on the size of files everywhere.
"""

import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from protocols.storage.manifest import differences
from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]
Disk = Callable[[str], Path]


def mount(*arguments: object) -> None:
    ended = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
    if ended.returncode:
        pytest.skip(f"needs leave to mount a file system in memory ({ended.stderr.strip()})")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Makes a disk of a size, such as ``256k``."""
    made: list[Path] = []

    def make(size: str) -> Path:
        folder = tmp_path / f"disk{len(made)}"
        folder.mkdir()
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
        made.append(folder)
        return folder

    yield make
    for folder in made:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refused(ended: Outcome, named: Path, reason: str = "No space left on device") -> None:
    sentence = [line for line in ended.err.splitlines() if line.startswith("cxr510k: ")]
    assert (ended.code, len(sentence), "Traceback" in ended.err) == (3, 1, False), ended.err
    assert str(named) in sentence[0] and reason in sentence[0], sentence


@pytest.mark.fault(48)
def test_validate_on_a_full_disk(command: Command, study: Study, disk: Disk) -> None:
    full = disk("64k")
    refused(command(*study.arguments, "--out", full / "run"), full / "run")
    assert list(full.iterdir()) == []


@pytest.mark.fault(48)
def test_validate_where_files_may_not_be_large(command: Command, study: Study) -> None:
    out = study.folder / "runs" / "one"
    with files_no_larger_than(6_000):
        ended = command(*study.arguments, "--out", out)
    refused(ended, out, "File too large")
    assert not out.parent.exists()


@pytest.mark.fault(48)
def test_report_on_a_full_disk_leaves_the_run_as_it_was(command: Command, study: Study, disk: Disk) -> None:
    full = disk("400k")
    assert command(*study.arguments, "--out", full / "run").code == 0
    before = {path: path.read_bytes() for path in full.rglob("*") if path.is_file()}
    refused(command("report", full / "run"), full / "run")
    assert {path: path.read_bytes() for path in full.rglob("*") if path.is_file()} == before
    assert differences(full / "run") == []


@pytest.mark.fault(48)
@pytest.mark.parametrize("source", ["table", "phantom"])
def test_a_cohort_on_a_full_disk(command: Command, study: Study, disk: Disk, source: str) -> None:
    full = disk("16k")
    given = {"table": [study.studies, "--reads", study.reads], "phantom": ["--patients", 20]}[source]
    refused(command("cohort", source, *given, "--out", full / "cohort"), full / "cohort")
    assert list(full.iterdir()) == []


@pytest.mark.fault(48)
def test_rerun_without_room_for_its_copy(
    command: Command, study: Study, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = study.folder / "run"
    assert command(*study.arguments, "--out", run).code == 0
    full = disk("16k")
    monkeypatch.setattr(tempfile, "tempdir", str(full))
    refused(command("rerun", run, "--level", 1), full)
    assert list(full.iterdir()) == [] and differences(run) == []


@pytest.mark.fault(48)
def test_a_key_pair_on_a_full_disk(command: Command, disk: Disk) -> None:
    full = disk("4k")
    (full / "filler").write_bytes(b"x" * 4096)
    refused(command("keygen", "--out", full / "keys"), full / "keys")
    assert [path.name for path in full.iterdir()] == ["filler"]


@pytest.mark.fault(49)
def test_what_cannot_be_written_is_told_before_anything_is_done(
    command: Command, study: Study, disk: Disk
) -> None:
    closed = disk("1m")
    assert command(*study.arguments, "--out", closed / "run").code == 0
    mount("-o", "remount,ro", closed)
    refused(
        command(*study.arguments, "--out", closed / "another"), closed / "another", "Read-only file system"
    )
    refused(command("report", closed / "run"), closed / "run", "Read-only file system")
    assert command("rerun", closed / "run", "--level", 1).code == 0  # an auditor's medium is not written to
    assert [path.name for path in closed.iterdir()] == ["run"]
