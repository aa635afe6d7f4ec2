"""Rules that a ledger written by hand may break although its chain is intact."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.ledger.chain import Event, append, read_ledger
from protocols.registration.consistency import faults_of, notes_of
from protocols.registration.counted_look import counted_look
from protocols.registration.entry_facts import (
    Threshold,
    beginning,
    end,
    end_without_results,
    freezing,
    registration,
)
from protocols.registration.register import register
from tests.protocols.sealed_study import CHOSEN, MODEL, OTHER_SET, SET, clock, protocol, tables

STATED = Threshold(0.5, None)
ONE, TWO, OF_MODEL = protocol(), protocol(2), protocol(point=MODEL)
REGISTERED = registration(ONE, SET, None, None)
AMENDED = registration(TWO, SET, ONE.sha256, "why")
LOOK = beginning(ONE, SET, STATED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def faults(path: Path, *events: Event) -> tuple[str, ...]:
    now = clock()
    for event in events:
        append(path, event, now())
    return faults_of(read_ledger(path))


def test_a_ledger_of_the_suite_has_no_fault(path: Path) -> None:
    register(path, ONE, SET, None, clock(), reason=None)
    with counted_look(path, ONE, clock(), named=False) as look:
        look.begin(*tables(), STATED)
        look.end(b"results", "pass")
    register(path, protocol(2, point=MODEL), SET, CHOSEN, clock(), reason="why")
    assert faults(path, Event("bundle"), Event("run")) == ()


def with_facts(event: Event, **changes: object) -> Event:
    return replace(event, facts={**(event.facts or {}), **changes})


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            [LOOK],
            "entry 1: a confirmatory look that was not allowed: small version 1 is confirmatory and not regist",
        ),
        ([LOOK, REGISTERED], "entry 1: a confirmatory look that was not allowed"),
        ([registration(ONE, OTHER_SET, None, None), LOOK], "entry 2: .*registered for another test set"),
        ([REGISTERED, AMENDED, LOOK], "entry 3: .*not what is registered: small version 2"),
        (
            [registration(OF_MODEL, SET, None, None), beginning(OF_MODEL, SET, CHOSEN)],
            "entry 2: .*none is frozen",
        ),
        (
            [registration(OF_MODEL, SET, None, None), freezing(1, CHOSEN), beginning(OF_MODEL, SET, STATED)],
            r"entry 3: .*frozen at 0\.43 .*received 0\.5 \(None\)",
        ),
        (
            [REGISTERED, beginning(ONE, SET, Threshold(0.6, None))],
            r"entry 2: .*states threshold 0\.5; received 0\.6",
        ),
        (
            [registration(OF_MODEL, SET, None, None), freezing(1, CHOSEN), freezing(1, CHOSEN)],
            "entry 3: freezes a threshold that entry 2 had frozen already",
        ),
        (
            [REGISTERED, AMENDED, freezing(1, CHOSEN)],
            "entry 3: freezes a threshold for a version that is not the newest",
        ),
        ([REGISTERED, REGISTERED], "entry 2: registers a protocol that was registered already"),
        ([AMENDED], "entry 1: amends a protocol that was not registered"),
        ([REGISTERED, replace(AMENDED, reason=None)], "entry 2: amends without a reason"),
        (
            [REGISTERED, registration(protocol(more="# x"), SET, ONE.sha256, "why")],
            "entry 2: amends version 1 by version 1",
        ),
        (
            [with_facts(REGISTERED, text="x = 1")],
            "entry 1: contains the text of another protocol than it names",
        ),
        ([with_facts(REGISTERED, text="x = 1")], "entry 1: contains a text that is not a protocol"),
        ([with_facts(REGISTERED, threshold=0.4)], "entry 1: names another id, version, stage or threshold"),
        (
            [REGISTERED, end(1, "0" * 64, "pass")],
            r"entry 2: records the results of a look that does not exist",
        ),
        (
            [REGISTERED, LOOK, end(2, "0" * 64, "pass"), end_without_results(2, "failed", "x")],
            "entry 4: records the results of a look that had already ended",
        ),
        ([Event("look", facts={})], r"entry 1 of the ledger \(look\) lacks"),
        (
            [Event("freeze", facts={"registered": 1, "threshold": 0.5})],
            r"entry 1 of the ledger \(freeze\) lacks",
        ),
    ],
)
def test_a_broken_rule_is_named_by_hand(path: Path, events: list[Event], sentence: str) -> None:
    assert re.search(sentence, "\n".join(faults(path, *events)))


def test_facts_of_any_kind_are_reported_without_a_crash(path: Path) -> None:
    forged = [Event("results", facts={"look": [1]}), Event("look", facts={"protocol": None}), Event("amend")]
    assert len(faults(path, *forged)) == 3
    assert notes_of(read_ledger(path)) == ("entry 2: a look without a recorded end",)


def test_remarks_are_no_faults(path: Path) -> None:
    now = clock()
    first, second = now(), now()
    append(path, REGISTERED, second)
    append(path, LOOK, first)
    path.write_bytes(path.read_bytes() + b'{"act')
    append(path, end_without_results(2, "failed", "x"), second)
    append(path, LOOK, second)
    path.write_bytes(path.read_bytes() + b'{"action"')
    assert notes_of(read_ledger(path)) == (
        "entry 2: clock went back (the order is that of the entries, not of the clock)",
        "entry 3: before it 5 bytes of a line that was cut short",
        "after entry 5: 9 bytes of a line that was cut short",
        "entry 5: a look without a recorded end",
    )
    assert faults_of(read_ledger(path)) == ()
