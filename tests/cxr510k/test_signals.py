"""Ctrl+C and SIGTERM while a command is at work: a sentence, an exit code of its own, and nothing half done."""

import subprocess

import pytest

from tests.conftest import Study
from tests.cxr510k.workflow.test_interruption import started

ENDINGS = [("SIGINT", 130), ("SIGTERM", 143)]


@pytest.mark.slow
@pytest.mark.fault(50)
@pytest.mark.parametrize(("how", "code"), ENDINGS)
def test_a_command_that_is_stopped_says_so_and_leaves_nothing(study: Study, how: str, code: int) -> None:
    out = study.folder / "runs" / "one"
    with started(*study.arguments, "--out", out, disturbed=("results.json", how)) as process:
        said = process.communicate()[1]
    assert (process.returncode, "Traceback" in said) == (code, False), said
    assert said.splitlines()[-1] == "cxr510k: interrupted; nothing was written."
    assert not out.parent.exists()


@pytest.mark.slow
def test_a_reader_who_leaves_is_no_finding(study: Study) -> None:
    """Exit 1 is for what was found; a closed pipe is none."""
    out = study.folder / "one"
    with started(*study.arguments, "--out", out, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    assert (process.returncode, "what was written is complete" in said) == (3, True), said
    assert (out / "manifest.json").exists()
