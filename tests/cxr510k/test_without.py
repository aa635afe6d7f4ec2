"""What a command does without the libraries of the PDF, without a network, and with a clock that is set back."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from protocols.storage.manifest import differences
from reports.pdf import render_stack as stack
from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]

REPOSITORY = Path(__file__).parents[2]
OFFLINE = """
import sys
from cxr510k.main import main

def refuse(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise AssertionError(f"{event} {arguments}")

sys.addaudithook(refuse)
main()
"""


@pytest.fixture
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "LIBRARIES", {"pango": ("libabsent.so.9", "libabsent.dylib")})


@pytest.mark.fault(53)
def test_a_missing_library_of_the_pdf_is_told_before_any_work(
    command: Command, tmp_path: Path, no_libraries: None
) -> None:
    ended = command("run", "--out", tmp_path / "run")
    assert (ended.code, stack.INSTALL in ended.err) == (3, True), ended.err
    assert "The PDF needs pango" in ended.err and list(tmp_path.iterdir()) == []
    doctor = command("doctor")
    assert (doctor.code, doctor.out) == (3, f"missing: pango\n{stack.INSTALL}\n")


@pytest.mark.fault(53)
def test_without_the_libraries_of_the_pdf_a_run_is_validated_and_stays_as_it_was(
    command: Command, study: Study, no_libraries: None
) -> None:
    run = study.folder / "run"
    assert command(*study.arguments, "--out", run).code == 0
    ended = command("report", run)
    assert (ended.code, stack.INSTALL in ended.err, differences(run)) == (3, True, [])


def offline(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a network of its own, without even itself in it, where that is allowed; no socket is used anywhere."""
    alone = ["unshare", "--net"] if shutil.which("unshare") else []
    if alone and subprocess.run([*alone, "true"], capture_output=True).returncode:
        alone = []
    program = [*alone, sys.executable, "-c", OFFLINE, *map(str, arguments)]
    return subprocess.run(program, cwd=REPOSITORY, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.fault(54)
def test_without_a_network_a_run_is_reported_and_repeated(command: Command, study: Study) -> None:
    if stack.missing_libraries():
        pytest.skip(
            "needs the system libraries that lay out a PDF; `cxr510k doctor` says how to install them"
        )
    run = study.folder / "run"
    assert command(*study.arguments, "--out", run).code == 0
    for arguments in (["report", run], ["rerun", run, "--level", 1]):
        ended = offline(*arguments)
        assert ended.returncode == 0, ended.stderr
    assert "report.pdf: identical to the byte" in ended.stdout, ended.stdout


@pytest.mark.fault(52)
def test_a_clock_that_is_set_back_changes_no_result_and_no_duration(
    command: Command, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [datetime(2030, 1, 1, 12, tzinfo=UTC), *[datetime(1999, 1, 1, tzinfo=UTC)] * 20]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return moments.pop(0)

    runs = study.folder / "back", study.folder / "plain"
    with monkeypatch.context() as clock:
        clock.setattr("cxr510k.options.datetime", Clock)
        clock.setattr("time.time", lambda: 0.0)
        assert command(*study.arguments, "--out", runs[0]).code == 0
    assert command(*study.arguments, "--out", runs[1]).code == 0
    back, plain = ((run / "results.json").read_bytes() for run in runs)
    assert back == plain
    record = json.loads((runs[0] / "run.json").read_text())
    assert record["started"].startswith(("2030", "1999"))
    assert all(seconds >= 0 for seconds in record["durations_seconds"].values())
    assert command("rerun", runs[0], "--level", 1).code == 0


@pytest.mark.fault(52)
def test_nothing_but_the_command_line_reads_the_clock_of_the_day() -> None:
    forbidden = ("datetime.now(", "utcnow(", "time.time(", "time_ns(", ".today(")
    found = [
        f"{path.relative_to(REPOSITORY)}: {words}"
        for room in ("protocols", "model", "validation", "reports")
        for path in sorted((REPOSITORY / room).rglob("*.py"))
        for words in forbidden
        if words
        in path.read_text(encoding="utf-8").replace("monotonic_ns(", "").replace("perf_counter_ns(", "")
    ]
    assert found == []
