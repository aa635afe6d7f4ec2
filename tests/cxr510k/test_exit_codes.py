"""How the command line ends when things go wrong that no check foresaw: one line, a code, no traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Outcome, Study

Command = Callable[..., Outcome]


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


ENDINGS = [
    # what happens inside, exit code, what the line says
    (ZeroDivisionError("division by zero"), 4, "internal error (ZeroDivisionError); details are in"),
    (OSError(28, "No space left on device", "results.json"), 3, "results.json: No space left on device"),
    (KeyboardInterrupt(), 130, "interrupted; nothing was written"),
]


@pytest.mark.parametrize(("error", "code", "words"), ENDINGS, ids=["fault", "disk full", "interrupt"])
@pytest.mark.fault(48, 50)
def test_an_accident_ends_in_one_line_and_leaves_nothing(
    command: Command,
    study: Study,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    words: str,
) -> None:
    monkeypatch.setattr("cxr510k.workflow.run.write_manifest", failing(error))
    ended = command(*study.arguments, "--out", study.folder / "run")
    assert (ended.code, words in ended.err) == (code, True)
    lines = [line for line in ended.err.splitlines() if line.startswith("cxr510k: ")]
    assert (len(lines), "Traceback" in ended.err) == (1, False)
    assert [path for path in study.folder.iterdir() if path.is_dir()] == []


def test_details_of_a_fault_are_kept(command: Command, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr510k.workflow.run.write_manifest", failing(ZeroDivisionError("by zero")))
    ended = command(*study.arguments, "--out", study.folder / "run")
    details = Path(ended.err.split("details are in ")[1].strip().rstrip("."))
    assert "ZeroDivisionError: by zero" in details.read_text(encoding="utf-8")
    details.unlink()
