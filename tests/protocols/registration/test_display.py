"""The ledger as a table: every action in words, in the width of the terminal."""

from pathlib import Path

import pytest

from protocols.ledger.chain import Event, Touched, append, read_ledger
from protocols.registration.display import ledger_table
from protocols.registration.entry_facts import (
    Threshold,
    beginning,
    end,
    end_without_results,
    freezing,
    registration,
)
from tests.protocols.sealed_study import CHOSEN, MODEL, SET, clock, protocol

OF_MODEL = protocol(point=MODEL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a ledger with every action once."""
    made, now = tmp_path / "ledger.jsonl", clock()
    late = [now() for _ in range(9)][-1]
    for event in (
        registration(OF_MODEL, SET, None, None),
        freezing(1, CHOSEN),
        beginning(OF_MODEL, SET, CHOSEN),
        end(3, "a" * 64, "pass"),
        beginning(OF_MODEL, SET, CHOSEN),
        end_without_results(5, "interrupted", "KeyboardInterrupt"),
        registration(protocol(2), SET, OF_MODEL.sha256, "the goal was mistyped"),
    ):
        append(made, event, late)
    made.write_bytes(made.read_bytes() + b"torn")
    append(made, Event("report", [Touched("report.pdf", None, "b" * 64), Touched("x", "c", None)]), late)
    append(made, Event("bundle"), now())
    append(made, Event("robustness"), clock()())
    return made


def test_every_action_is_shown_in_words(path: Path) -> None:
    text = " ".join(" ".join(ledger_table(read_ledger(path), 400)).split())
    for words in (
        "register small version 1, confirmatory, sha256",
        "3 images of 2 patients, content",
        "threshold of the model",
        "freeze threshold 0.43 for entry 1, operating_point.json 444444444444",
        "look look 1: small version 1, confirmatory",
        "results look 1 done, verdict pass, results.json aaaaaaaaaaaa",
        "results look 2 interrupted. Reason: KeyboardInterrupt",
        "threshold 0.5. Reason: the goal was mistyped",
        "recover after 4 bytes of a line that was cut short",
        "report report.pdf bbbbbbbbbbbb, x removed",
        "bundle nothing changed",
        "[clock went back]",
        "Ada Example (quality",
    ):
        assert words in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(path: Path, width: int) -> None:
    assert max(map(len, list(ledger_table(read_ledger(path), width))[:-1])) <= max(width, 94)


def test_the_newest_entry_is_last_and_a_torn_line_is_reported(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"torn")
    lines = list(ledger_table(read_ledger(path), 100))
    assert lines[0].startswith("entry  time (UTC)")
    assert lines[-2].startswith("After the last entry: 4 bytes of a line that was cut short")
    assert lines[-1].startswith("entries: 11, head ")


def test_results_of_no_look_are_shown_as_such(tmp_path: Path) -> None:
    append(tmp_path / "ledger.jsonl", end(7, "a" * 64, "pass"), clock()())
    assert "of entry 7, which is not a look" in " ".join(
        ledger_table(read_ledger(tmp_path / "ledger.jsonl"), 200)
    )


def test_an_empty_ledger_has_a_head(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").touch()
    assert len(list(ledger_table(read_ledger(tmp_path / "ledger.jsonl"), 100))) == 2


def test_a_stated_threshold_is_that_of_the_protocol() -> None:
    assert Threshold(0.5, None).value == protocol().protocol.operating_point.threshold
