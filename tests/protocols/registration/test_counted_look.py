"""One look: when it is counted, how it ends, and what ends it without results."""

from pathlib import Path

import pytest

from protocols.errors import BadInputError, EvidenceDiffersError, InterruptedWorkError
from protocols.ledger.chain import read_ledger
from protocols.registration.counted_look import Look, counted_look
from protocols.registration.entry_facts import Threshold
from protocols.registration.register import register
from protocols.registration.registry import registry_of
from protocols.registration.test_set import LockedTestSet
from protocols.schema.load import LoadedProtocol
from protocols.storage.canonical import sha256_bytes
from tests.protocols.sealed_study import CHOSEN, MODEL, OTHER_SET, SET, clock, protocol, tables

STATED = Threshold(0.5, None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def lock(
    path: Path, loaded: LoadedProtocol, test_set: LockedTestSet = SET, reason: str | None = None
) -> None:
    register(path, loaded, test_set, None, clock(), reason=reason)


def looked(
    path: Path | None, loaded: LoadedProtocol, *, named: bool = False, verdict: str = "positive"
) -> Look:
    with counted_look(path, loaded, clock(), named=named) as look:
        look.begin(*tables(verdict), STATED)
        look.end(b"results", "pass")
    return look


def outcomes(path: Path) -> list[tuple[int, str]]:
    return [(look.number, look.outcome) for look in registry_of(read_ledger(path)).looks]


def test_looks_are_counted_and_the_ledger_is_returned_with_the_results(path: Path) -> None:
    lock(path, protocol())
    assert [looked(path, protocol()).number for _ in range(3)] == [1, 2, 3]
    with counted_look(path, protocol(), clock(), named=False) as look:
        look.begin(*tables(backwards=True), STATED)
        assert look.end(b"other results", "fail") == path.read_bytes()
    last = registry_of(read_ledger(path)).looks[-1]
    assert (last.number, last.results_sha256, last.verdict) == (4, sha256_bytes(b"other results"), "fail")
    assert look.recorded_path == str(path.resolve())


def test_exploratory_looks_at_a_locked_test_set_are_counted_with_the_others(path: Path) -> None:
    lock(path, protocol())
    exploring = protocol(name="exploring", stage="exploratory")
    assert [looked(path, one).number for one in (exploring, protocol(), exploring)] == [1, 2, 3]


def test_an_amendment_of_the_test_set_does_not_restart_the_count(path: Path) -> None:
    lock(path, protocol())
    looked(path, protocol())
    lock(path, protocol(), OTHER_SET, reason="a read was entered wrongly")
    assert looked(path, protocol(), verdict="negative").number == 2


def test_another_test_set_in_the_same_ledger_has_looks_of_its_own(path: Path) -> None:
    lock(path, protocol())
    lock(path, protocol(name="other"), OTHER_SET)
    looked(path, protocol())
    assert looked(path, protocol(name="other"), verdict="negative").number == 1


def test_an_exploratory_look_at_an_unlocked_test_set_writes_nothing(path: Path) -> None:
    exploring = protocol(name="exploring", stage="exploratory")
    assert looked(path, exploring).recorded_path is None
    assert looked(None, exploring).note is None
    assert not path.exists()
    lock(path, protocol(), OTHER_SET)
    before = path.read_bytes()
    assert "is for another test set" in str(looked(path, exploring).note)
    assert path.read_bytes() == before


def test_a_ledger_that_was_named_must_contain_the_test_set(path: Path) -> None:
    with pytest.raises(BadInputError, match="no look at it can be counted; lock one first"):
        looked(path, protocol(name="exploring", stage="exploratory"), named=True)


def test_a_confirmatory_look_without_a_ledger_is_refused_and_makes_none(path: Path) -> None:
    with pytest.raises(BadInputError, match="not registered; lock it first"):
        looked(path, protocol())
    with pytest.raises(BadInputError, match="name its ledger with --ledger"):
        looked(None, protocol())
    assert not path.exists()


def test_nothing_is_looked_at_with_a_broken_ledger(path: Path) -> None:
    lock(path, protocol())
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Eve") + b"\n")
    with pytest.raises(EvidenceDiffersError, match="line 2"):
        looked(path, protocol())


@pytest.mark.fault(50, "interruption and failure in the ledger")
@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt"),
        (InterruptedWorkError("stopped"), "interrupted", "stopped"),
        (BadInputError("no image is left"), "failed", "no image is left"),
        (MemoryError(), "failed", "MemoryError"),
    ],
)
def test_what_stops_the_work_is_recorded_in_the_ledger(
    path: Path, error: BaseException, outcome: str, reason: str
) -> None:
    lock(path, protocol())
    with pytest.raises(type(error)), counted_look(path, protocol(), clock(), named=False) as look:
        look.begin(*tables(), STATED)
        raise error
    assert outcomes(path) == [(1, outcome)]
    assert read_ledger(path).entries[-1].reason == reason
    assert looked(path, protocol()).number == 2


def test_what_stops_the_work_before_the_look_or_after_its_results_adds_nothing(path: Path) -> None:
    lock(path, protocol())
    for work in (
        lambda look: None,
        lambda look: (look.begin(*tables(), STATED), look.end(b"results", "pass")),
    ):
        before = outcomes(path) if path.exists() else []
        with pytest.raises(KeyboardInterrupt), counted_look(path, protocol(), clock(), named=False) as look:
            work(look)
            raise KeyboardInterrupt
        assert outcomes(path) in (before, [(1, "done")])


def test_a_run_is_refused_before_it_trains_and_freezes_what_it_has_chosen(path: Path, tmp_path: Path) -> None:
    of_model = protocol(point=MODEL)
    chosen = tmp_path / "operating_point.json"
    chosen.write_text('{"threshold": 0.43, "rule": "youden"}')
    with counted_look(path, of_model, clock(), named=False) as look:
        with pytest.raises(BadInputError, match="not registered"):
            look.refuse_unlocked(*tables())
        lock(path, of_model)
        look.refuse_unlocked(*tables())
        with pytest.raises(BadInputError, match="another test set"):
            look.refuse_unlocked(*tables("negative"))
        look.freeze(chosen)
        look.freeze(chosen)
        with pytest.raises(BadInputError, match=r"frozen at 0\.43"):
            look.begin(*tables(), CHOSEN)
        look.begin(*tables(), Threshold(0.43, sha256_bytes(chosen.read_bytes())))
        chosen.write_text('{"threshold": 0.44, "rule": "youden"}')
        with pytest.raises(BadInputError, match=r"frozen at 0\.43"):
            look.freeze(chosen)
    assert [entry.action for entry in read_ledger(path).entries] == ["register", "freeze", "look"]


def test_a_ledger_without_the_test_set_is_refused_before_training(path: Path) -> None:
    exploring = protocol(stage="exploratory")
    with counted_look(path, exploring, clock(), named=False) as look:
        look.refuse_unlocked(*tables())
    with (
        pytest.raises(BadInputError, match="no look at it can be counted"),
        counted_look(path, exploring, clock(), named=True) as look,
    ):
        look.refuse_unlocked(*tables())


def test_an_exploratory_run_freezes_nothing(path: Path, tmp_path: Path) -> None:
    with counted_look(path, protocol(stage="exploratory", point=MODEL), clock(), named=False) as look:
        look.freeze(tmp_path / "operating_point.json")
    assert not path.exists()
