"""Two commands at one output or one run folder: the second is refused at once and names the first."""

from collections.abc import Callable

import pytest

from tests.conftest import Outcome, Study
from tests.protocols.storage.test_output_lock import holder

Command = Callable[..., Outcome]


@pytest.mark.fault(51)
def test_a_second_command_at_one_output_is_refused(command: Command, study: Study) -> None:
    out = study.folder / "run"
    with holder(out) as first:
        for arguments in (study.arguments, ["run"]):
            ended = command(*arguments, "--out", out)
            assert (ended.code, f"process {first.pid} is at work on it" in ended.err) == (3, True), ended.err
        assert not out.exists()
        first.communicate()
    assert command(*study.arguments, "--out", out).code == 0


@pytest.mark.fault(51)
def test_a_run_folder_is_changed_by_one_command_at_a_time(command: Command, study: Study) -> None:
    out = study.folder / "run"
    assert command(*study.arguments, "--out", out).code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with holder(out) as first:
        for name in ("report", "robustness"):
            ended = command(name, out)
            assert (ended.code, f"process {first.pid} is at work on it" in ended.err) == (3, True), ended.err
        first.communicate()
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
