"""Locking: registration, amendment and freezing, and the refusals with their messages."""

from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.ledger.chain import opened, read_ledger
from protocols.registration.entry_facts import Threshold
from protocols.registration.receipt import Receipt
from protocols.registration.register import freeze, refuse_deviation, register
from protocols.registration.registry import registry_of
from protocols.registration.test_set import LockedTestSet
from protocols.schema.load import LoadedProtocol
from tests.protocols.sealed_study import CHOSEN, MODEL, OTHER_SET, SET, clock, protocol

ONE = protocol()
OF_MODEL = protocol(point=MODEL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def lock(
    path: Path,
    loaded: LoadedProtocol = ONE,
    test_set: LockedTestSet = SET,
    threshold: Threshold | None = None,
    reason: str | None = None,
) -> Receipt:
    return register(path, loaded, test_set, threshold, clock(), reason=reason)


def actions(path: Path) -> list[str]:
    return [entry.action for entry in read_ledger(path).entries]


def test_a_registration_by_hand(path: Path) -> None:
    lock(path)
    (entry,) = read_ledger(path).entries
    assert (entry.action, entry.objects[0].before, entry.objects[0].after) == ("register", None, ONE.sha256)
    assert entry.facts == {
        "protocol": {"id": "small", "version": 1, "sha256": ONE.sha256, "stage": "confirmatory"},
        "text": ONE.content.decode(),
        "test_set": {"images": 3, "patients": 2, "content_sha256": SET.content_sha256},
        "threshold": 0.5,
    }


def test_a_repeated_registration_changes_nothing_and_gives_the_same_receipt_against_itself(
    path: Path,
) -> None:
    first = lock(path, OF_MODEL, threshold=CHOSEN)
    lock(path, protocol(name="another"))
    before = path.read_bytes()
    assert lock(path, OF_MODEL, threshold=CHOSEN).to_json() == first.to_json()
    assert path.read_bytes() == before


def test_an_amendment_names_what_it_replaces_and_why(path: Path) -> None:
    lock(path)
    lock(path, protocol(2), reason="the goal was mistyped")
    amended = read_ledger(path).entries[1]
    assert (amended.action, amended.reason) == ("amend", "the goal was mistyped")
    assert (amended.objects[0].before, amended.objects[0].after) == (ONE.sha256, protocol(2).sha256)


@pytest.mark.parametrize(
    ("loaded", "test_set", "reason", "sentence"),
    [
        (
            protocol(more="[analysis]"),
            SET,
            "why",
            r"version 1 is registered with other content .*version = 2",
        ),
        (protocol(2), SET, None, r"version 2 amends it; give the reason with --reason"),
        (protocol(2), SET, "", r"give the reason with --reason"),
        (ONE, OTHER_SET, None, r"another test set amends it; give the reason with --reason"),
        (ONE, LockedTestSet(0, 0, "0" * 64), None, "has no image to lock"),
        (protocol(2, stage="exploratory"), SET, "why", 'write stage = "confirmatory" in it'),
    ],
)
@pytest.mark.fault(30, "protocol changed after registration")
def test_an_invalid_amendment_is_refused_and_writes_nothing(
    path: Path, loaded: LoadedProtocol, test_set: LockedTestSet, reason: str | None, sentence: str
) -> None:
    lock(path)
    before = path.read_bytes()
    with pytest.raises(BadInputError, match=sentence):
        lock(path, loaded, test_set, reason=reason)
    assert path.read_bytes() == before


def test_an_older_version_cannot_be_locked_again(path: Path) -> None:
    lock(path)
    lock(path, protocol(2), reason="why")
    with pytest.raises(BadInputError, match=r"version 2 is registered with other content .*version = 3"):
        lock(path, ONE, reason="back")


def test_another_test_set_needs_no_higher_version(path: Path) -> None:
    lock(path)
    lock(path, test_set=OTHER_SET, reason="a read was entered wrongly")
    assert actions(path) == ["register", "amend"]


def test_a_threshold_is_frozen_once_for_each_version(path: Path) -> None:
    lock(path, OF_MODEL)
    lock(path, OF_MODEL, threshold=CHOSEN)
    for other in (Threshold(0.43, "5" * 64), Threshold(0.44, "4" * 64)):
        with pytest.raises(BadInputError, match=r"frozen at 0.43 \(entry 2.*raise version in the protocol"):
            lock(path, OF_MODEL, threshold=other)
    lock(path, protocol(2, point=MODEL), threshold=Threshold(0.44, "5" * 64), reason="trained anew")
    assert actions(path) == ["register", "freeze", "amend", "freeze"]


def test_nothing_is_frozen_for_an_unregistered_protocol(path: Path) -> None:
    with opened(path) as ledger, pytest.raises(ValueError, match="not registered"):
        freeze(ledger, OF_MODEL, CHOSEN, clock())


def look(path: Path, loaded: LoadedProtocol, test_set: LockedTestSet, threshold: Threshold | None) -> None:
    registry = registry_of(read_ledger(path))
    refuse_deviation(path, registry, loaded, test_set, threshold)


STATED = Threshold(0.5, None)


@pytest.mark.parametrize(
    ("loaded", "test_set", "threshold", "sentence"),
    [
        (
            protocol(name="other"),
            SET,
            STATED,
            r"other version 1 .*not registered; lock it first: cxr510k lock",
        ),
        (protocol(more="# x"), SET, STATED, r"is not what is registered: small version 1 .*--reason TEXT"),
        (protocol(2), SET, STATED, r"small version 2 .*is not what is registered: small version 1"),
        (ONE, OTHER_SET, STATED, r"registered for another test set: 3 images of 2 patients.*--reason TEXT"),
        (protocol(name="trained", point=MODEL), SET, CHOSEN, r"none is frozen for it; freeze it first"),
        (
            protocol(name="frozen", point=MODEL),
            SET,
            Threshold(0.42, "4" * 64),
            r"frozen at 0.43 .*received 0.42",
        ),
    ],
)
def test_a_confirmatory_look_that_deviates_is_refused(
    path: Path, loaded: LoadedProtocol, test_set: LockedTestSet, threshold: Threshold, sentence: str
) -> None:
    lock(path)
    lock(path, protocol(name="trained", point=MODEL))
    lock(path, protocol(name="frozen", point=MODEL), threshold=CHOSEN)
    with pytest.raises(BadInputError, match=sentence):
        look(path, loaded, test_set, threshold)


def test_a_look_that_complies_is_not_refused(path: Path) -> None:
    lock(path)
    lock(path, protocol(name="frozen", point=MODEL), threshold=CHOSEN)
    lock(path, protocol(name="trained", point=MODEL))
    look(path, ONE, SET, STATED)
    look(path, protocol(name="frozen", point=MODEL), SET, CHOSEN)
    look(path, protocol(name="trained", point=MODEL), SET, None)  # before it is trained
    look(path, protocol(name="other", stage="exploratory"), OTHER_SET, STATED)
