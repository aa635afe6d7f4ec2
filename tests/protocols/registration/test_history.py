"""The history of a look for the report: by hand, from ledgers made step by step."""

from pathlib import Path

import pytest

from protocols.errors import EvidenceDiffersError
from protocols.ledger.chain import Event, append, opened, read_ledger
from protocols.registration.counted_look import counted_look
from protocols.registration.entry_facts import Threshold, registration
from protocols.registration.history import ChangedKey, LookHistory, changed_keys, history_of_look
from protocols.registration.register import freeze, register
from protocols.schema.load import LoadedProtocol
from protocols.storage.canonical import sha256_bytes
from tests.protocols.sealed_study import CHOSEN, MODEL, OTHER_SET, SET, clock, protocol, tables

CRITERION = """
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = "overall"
bound = "lower"
goal = {goal}
justification = "for the test"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def look(path: Path, loaded: LoadedProtocol, results: bytes, threshold: Threshold) -> None:
    with counted_look(path, loaded, clock(), named=False) as begun:
        begun.begin(*tables(), threshold)
        begun.end(results, "pass")


def fail(path: Path, loaded: LoadedProtocol) -> None:
    with pytest.raises(MemoryError), counted_look(path, loaded, clock(), named=False) as begun:
        begun.begin(*tables(), Threshold(0.5, None))
        raise MemoryError


def told(path: Path, results: bytes) -> LookHistory:
    story = history_of_look(read_ledger(path), sha256_bytes(results))
    assert story
    return story


def test_the_first_look_by_hand(path: Path) -> None:
    register(path, protocol(), SET, None, clock(), reason=None)
    look(path, protocol(), b"results", Threshold(0.5, None))
    story = told(path, b"results")
    assert (story.protocol_id, story.look.number, story.looks, story.earlier) == ("small", 1, 1, ())
    assert story.registered == story.versions[0].version
    assert (story.registered.seq, story.registered.protocol.sha256) == (1, protocol().sha256)
    assert (story.frozen, story.other_protocols, story.looks_without_results) == (None, (), 0)


def test_the_whole_history_by_hand(path: Path) -> None:
    first, second = protocol(more=CRITERION.format(goal=0.9)), protocol(2, more=CRITERION.format(goal=0.8))
    other = protocol(name="other", point=MODEL)
    register(path, first, SET, None, clock(), reason=None)
    register(path, other, SET, CHOSEN, clock(), reason=None)
    fail(path, first)
    look(path, other, b"of other", CHOSEN)
    register(path, second, SET, None, clock(), reason="the goal was mistyped")
    look(path, second, b"results", Threshold(0.5, None))
    append(path, Event("bundle"), clock()())
    story = told(path, b"results")
    assert (story.look.number, story.looks, story.looks_without_results, story.looks_of_others) == (
        3,
        3,
        1,
        1,
    )
    assert [one.outcome for one in story.earlier] == ["failed", "done"]
    assert story.other_protocols == ("other",)
    amended = story.versions[1]
    assert (amended.version.reason, amended.replaces_sha256) == ("the goal was mistyped", first.sha256)
    assert (amended.looks_before, amended.other_test_set) == (2, False)
    assert amended.changed == (ChangedKey("criteria[SE].goal", "0.9", "0.8"), ChangedKey("version", "1", "2"))
    of_other = told(path, b"of other")
    assert of_other.frozen
    assert (of_other.frozen.threshold.value, of_other.look.number) == (0.43, 2)


def test_a_history_ends_with_its_look(path: Path) -> None:
    register(path, protocol(), SET, None, clock(), reason=None)
    look(path, protocol(), b"results", Threshold(0.5, None))
    register(path, protocol(2), SET, None, clock(), reason="later")
    assert len(told(path, b"results").versions) == 1


def test_the_same_results_again_are_the_last_look(path: Path) -> None:
    register(path, protocol(), SET, None, clock(), reason=None)
    for _ in range(2):
        look(path, protocol(), b"results", Threshold(0.5, None))
    assert told(path, b"results").look.number == 2


def test_an_exploratory_look_with_an_unregistered_protocol_has_no_registered_version(path: Path) -> None:
    register(path, protocol(), SET, None, clock(), reason=None)
    look(path, protocol(stage="exploratory"), b"results", Threshold(0.5, None))
    story = told(path, b"results")
    assert (story.registered, len(story.versions)) == (None, 1)


def test_an_exploratory_look_with_another_test_set_or_threshold_has_no_registered_version(path: Path) -> None:
    of_model = protocol(stage="exploratory", point=MODEL)
    register(path, protocol(name="other"), SET, None, clock(), reason=None)
    # Only an older suite registered an exploratory protocol.
    append(path, registration(of_model, OTHER_SET, None, None), clock()())
    look(path, of_model, b"another test set", CHOSEN)
    assert told(path, b"another test set").registered is None
    append(path, registration(of_model, SET, of_model.sha256, "the right one"), clock()())
    with opened(path) as ledger:
        freeze(ledger, of_model, CHOSEN, clock())
    look(path, of_model, b"another threshold", Threshold(0.5, "5" * 64))
    assert told(path, b"another threshold").registered is None
    look(path, of_model, b"as registered", CHOSEN)
    assert told(path, b"as registered").registered


def test_another_test_set_is_recorded(path: Path) -> None:
    register(path, protocol(), OTHER_SET, None, clock(), reason=None)
    register(path, protocol(), SET, None, clock(), reason="a read was entered wrongly")
    look(path, protocol(), b"results", Threshold(0.5, None))
    assert [one.other_test_set for one in told(path, b"results").versions] == [False, True]


def test_results_of_no_look_have_no_history(path: Path) -> None:
    register(path, protocol(), SET, None, clock(), reason=None)
    fail(path, protocol())
    assert history_of_look(read_ledger(path), "0" * 64) is None


def test_an_entry_without_its_facts_is_named(path: Path) -> None:
    append(path, Event("look", facts={"protocol": "small"}), clock()())
    with pytest.raises(EvidenceDiffersError, match=r"entry 1 of the ledger \(look\) lacks"):
        history_of_look(read_ledger(path), "0" * 64)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("a = 1", "# comment\na = 1", []),
        ("a = 1\nb = 2", "b = 2\na = 1", []),
        ("a = 1", "a = 1.0", [("a", "1", "1.0")]),
        ("a = 1", "", [("a", "1", None)]),
        ("", "[t]\na = 'é'", [("t.a", None, '"é"')]),
        ("a = [1, 2]", "a = [1, 2, 3]", [("a", "[1, 2]", "[1, 2, 3]")]),
        ("[t]", "", [("t", "{}", None)]),
        (
            "[[x]]\naxis = 'sex'",
            "[[x]]\naxis = ['sex', 'view']",
            [("x[sex,view].axis", None, '["sex", "view"]'), ("x[sex].axis", '"sex"', None)],
        ),
        (
            "[[x]]\nid = 'A'\ng = 1\n[[x]]\nid = 'B'\ng = 2",
            "[[x]]\nid = 'B'\ng = 2\n[[x]]\nid = 'A'\ng = 3",
            [("x[A].g", "1", "3")],
        ),
        ("[[x]]\nn = 1", "[[x]]\nn = 2", [("x[1].n", "1", "2")]),
        ("a = 2026-01-31", "a = 2026-02-01", [("a", '"2026-01-31"', '"2026-02-01"')]),
        ("\ufeffa = 1", "a = 1", []),
    ],
)
def test_changed_keys_by_hand(old: str, new: str, changed: list[tuple[str, str | None, str | None]]) -> None:
    assert changed_keys(old, new) == tuple(ChangedKey(*one) for one in changed)
