"""The ledger: what breaks its chain, what only a head from outside detects, and recovery after crashes."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.ledger.chain import (
    BEGINNING,
    CLOCK_WENT_BACK,
    Actor,
    Event,
    Ledger,
    LedgerHead,
    Stamp,
    Touched,
    append,
    opened,
    parse_ledger,
    read_ledger,
)
from protocols.storage.canonical import sha256_bytes

ROOT = Path(__file__).parents[3]
AUTHOR = Actor("Ada Example", "ada", "quality engineer")


def stamped(second: int = 0) -> Stamp:
    return Stamp(f"2026-01-31T12:00:{second:02}Z", second * 10**9, AUTHOR, "host", {"cxr510k": "0"})


def written(path: Path, count: int) -> bytes:
    for number in range(count):
        event = Event("look", [Touched("results.json", None, "0" * 64)], {"number": number}, outcome="begun")
        append(path, event, stamped(number))
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return written(tmp_path_factory.mktemp("ledger") / "ledger.jsonl", 4)


def parse(content: bytes) -> Ledger:
    return parse_ledger(content, source="ledger.jsonl")


def test_the_lines_by_hand(path: Path) -> None:
    first, second = written(path, 2).splitlines()
    assert json.loads(first) == {
        "schema": "cxr510k-ledger/1",
        "seq": 1,
        "prev": "0" * 64,
        "ts_utc": "2026-01-31T12:00:00Z",
        "mono_ns": 0,
        "actor": {"name": "Ada Example", "id": "ada", "role": "quality engineer"},
        "host": "host",
        "tool": {"cxr510k": "0"},
        "action": "look",
        "objects": [{"path": "results.json", "before": None, "after": "0" * 64}],
        "facts": {"number": 0},
        "reason": None,
        "outcome": "begun",
        "flags": [],
    }
    assert json.loads(second)["prev"] == sha256_bytes(first)


def test_the_head_by_hand(four: bytes) -> None:
    assert parse(b"").head == LedgerHead(0, BEGINNING)
    assert parse(four).head == LedgerHead(4, sha256_bytes(four.splitlines()[3]))


def lines_changed(change: Callable[[list[bytes]], object]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        change(lines)
        return b"".join(lines)

    return changed


def edit(lines: list[bytes]) -> None:
    lines[1] = lines[1].replace(b"Ada Example", b"Eve Example")


def swap(lines: list[bytes]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


@pytest.mark.fault(42, "ledger: edit, delete, swap")
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (edit, "line 3 does not follow the line before it"),
        (swap, "line 2 does not follow the line before it"),
        (lambda lines: lines.pop(0), "line 1 does not follow the line before it"),
        (lambda lines: lines.pop(1), "line 2 does not follow the line before it"),
        (lambda lines: lines.insert(2, lines[1]), "line 3 does not follow the line before it"),
        (lambda lines: lines.insert(1, b"{}\n"), "line 2 is not an entry of a ledger"),
        (lambda lines: lines.insert(1, b"\n"), "line 2 is not an entry of a ledger"),
        (lambda lines: lines.append(b"{}\n"), "line 5 is not an entry of a ledger"),
        (lambda lines: lines.append(b"\n"), "line 5 is not an entry of a ledger"),
    ],
    ids=[
        "edit",
        "swap",
        "drop the first",
        "drop another",
        "twice",
        "insert",
        "blank",
        "add",
        "blank at the end",
    ],
)
def test_a_line_edited_deleted_swapped_or_inserted_is_named(
    four: bytes, change: Callable[[list[bytes]], object], sentence: str
) -> None:
    with pytest.raises(EvidenceDiffersError, match=sentence):
        parse(lines_changed(change)(four))


@given(place=st.floats(0, 1, exclude_max=True), change=st.integers(1, 255))
def test_a_byte_changed_anywhere_in_a_line_is_found_against_theory(
    four: bytes, place: float, change: int
) -> None:
    """The chain detects it in every line but the last, the head in the last."""
    content = bytearray(four)
    at = int(place * (len(four) - 1))  # all but the last line feed
    content[at] ^= change
    try:
        changed = parse(bytes(content))
    except EvidenceDiffersError:
        return
    assert at >= four.rindex(b"\n", 0, -1)
    assert not changed.continues(parse(four).head)


def test_the_last_line_feed_changed_leaves_an_unfinished_line(four: bytes) -> None:
    spoiled = parse(four[:-1] + b" ")
    assert (len(spoiled.entries), spoiled.torn) == (3, four.splitlines()[3] + b" ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"number":3}', b'{"number": 3}'),
        (b'{"number":3}', b'{"number":NaN}'),
        (b'{"number":3}', b'{"number":1e999}'),
        (b'{"number":3}', b'{"number":' + b"9" * 5000 + b"}"),
        (b'{"number":3}', b'{"number":' + b"[" * 5000 + b"}"),
        (b'"seq":4', b'"seq":"4"'),
        (b'"seq":4', b'"seq":4,"seq":4'),
        (b'"flags":[]', b'"flags":[],"further":1'),
        (b'"host":"host"', b'"host":"\\u0068ost"'),
        (b'"host":"host"', b'"host":"\\ud800"'),
        (b'"host":"host"', b'"host":"\xff"'),
        (b"cxr510k-ledger/1", b"cxr510k-ledger/2"),
        (b'"action":"look"', b'"action":"forget"'),
    ],
)
def test_a_line_in_another_encoding_is_not_an_entry(four: bytes, old: bytes, new: bytes) -> None:
    lines = four.splitlines(keepends=True)
    assert old in lines[3]
    with pytest.raises(EvidenceDiffersError, match="line 4 is not an entry of a ledger"):
        parse(b"".join([*lines[:3], lines[3].replace(old, new)]))


@pytest.mark.fault(42, "ledger: truncate, rewrite")
def test_a_truncated_or_rewritten_ledger_is_detected_only_by_a_head(four: bytes, path: Path) -> None:
    head = parse(four).head
    cut = parse(b"".join(four.splitlines(keepends=True)[:3]))
    written(path, 2)
    append(path, Event("look", facts={"number": "another"}), stamped())
    anew = read_ledger(path)
    append(path, Event("look"), stamped())
    longer = read_ledger(path)
    assert [ledger.continues(head) for ledger in (cut, anew, longer)] == [False, False, False]
    assert cut.continues(cut.head)
    assert parse(four).continues(cut.head)


def test_a_torn_line_is_recorded_and_kept(four: bytes, path: Path) -> None:
    torn = four.splitlines()[3][:100]
    whole = b"".join(four.splitlines(keepends=True)[:3])
    path.write_bytes(whole + torn)
    assert read_ledger(path).torn == torn
    append(path, Event("look"), stamped(9))
    after = read_ledger(path)
    assert path.read_bytes().startswith(whole + torn)
    assert [entry.action for entry in after.entries[3:]] == ["recover", "look"]
    assert after.entries[3].facts == {"bytes": 100, "sha256": sha256_bytes(torn)}


def test_a_line_torn_anywhere_is_recovered_even_if_the_recovery_is_torn(four: bytes, path: Path) -> None:
    """Every length of a torn entry, and every length of the torn entry that records it."""
    first, second = four.splitlines(keepends=True)[:2]
    recovery = b""
    for kept in range(1, len(second) - 1, 131):
        path.write_bytes(first + second[:kept])
        append(path, Event("look"), stamped())
        recovery = path.read_bytes().removeprefix(first + second[:kept])
        recovery = recovery[: recovery.index(b"\n") + 1]
    for kept in (1, 2, *range(3, len(recovery) - 2, 61), len(recovery) - 2):
        path.write_bytes(first + second[:-2] + recovery[:kept])
        append(path, Event("look"), stamped())
        assert [entry.action for entry in read_ledger(path).entries] == ["look", "recover", "look"]


def test_a_lost_last_line_feed_is_restored(four: bytes, path: Path) -> None:
    path.write_bytes(four[:-1])
    assert read_ledger(path) == parse(four)
    append(path, Event("look"), stamped(9))
    assert path.read_bytes().startswith(four)
    assert len(read_ledger(path).entries) == 5


def test_torn_bytes_that_a_recovery_records_cannot_be_changed_or_removed(four: bytes, path: Path) -> None:
    path.write_bytes(four + b"torn")
    append(path, Event("look"), stamped(9))
    content = path.read_bytes()
    for changed in (content.replace(b"torn{", b"born{"), content.replace(b"torn{", b"{")):
        with pytest.raises(EvidenceDiffersError, match="line 5 is not an entry of a ledger"):
            parse(changed)


def test_nothing_is_added_to_a_broken_ledger(four: bytes, path: Path) -> None:
    broken = four.replace(b"Ada", b"Eve", 1)
    path.write_bytes(broken)
    with pytest.raises(EvidenceDiffersError, match="line 2"):
        append(path, Event("look"), stamped(9))
    assert path.read_bytes() == broken


@pytest.mark.fault(52, "clock jumps back")
def test_a_clock_that_goes_back_is_flagged_and_the_order_is_kept(path: Path) -> None:
    for second in (10, 5, 5, 7, 12):
        append(path, Event("look"), stamped(second))
    entries = read_ledger(path).entries
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [CLOCK_WENT_BACK in entry.flags for entry in entries] == [False, True, False, False, False]


@pytest.mark.fault(48, "disk full while an entry is written")
def test_a_full_disk_is_reported_and_the_next_entry_records_the_torn_line(path: Path) -> None:
    whole = written(path, 2)
    program = (
        "import resource, sys; from pathlib import Path; from tests.protocols.ledger.test_chain import *\n"
        "from protocols.errors import NotPossibleHereError\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(whole) + 100}, {len(whole) + 100}))\n"
        "try: append(Path(sys.argv[1]), Event('look'), stamped(3))\n"
        "except NotPossibleHereError as error: print(error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "the entry could not be written (File too large)" in ended.stdout
    assert len(read_ledger(path).torn) == 100
    append(path, Event("look"), stamped(4))
    assert [entry.action for entry in read_ledger(path).entries] == ["look", "look", "recover", "look"]


APPENDING = """
import sys
from pathlib import Path
from tests.protocols.ledger.test_chain import *
print("ready", flush=True)
number = 0
while True:
    append(Path(sys.argv[1]), Event("look", facts={"process": sys.argv[2], "number": number}), stamped())
    number += 1
"""


@pytest.mark.fault(51, "several processes on one ledger, some of them killed")
@pytest.mark.fault(46, "SIGKILL while an entry is written")
def test_several_processes_of_which_some_are_killed_leave_an_intact_chain(path: Path) -> None:
    chance = random.Random(510)
    started = [
        subprocess.Popen([sys.executable, "-c", APPENDING, path, str(name)], cwd=ROOT, stdout=subprocess.PIPE)
        for name in range(4)
    ]
    for process in started:
        assert process.stdout
        process.stdout.readline()
    for process in started:
        time.sleep(chance.uniform(0.05, 0.2))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    append(path, Event("look"), stamped())
    entries = read_ledger(path).entries
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    told = [(entry.facts["process"], entry.facts["number"]) for entry in entries if "process" in entry.facts]
    assert len(set(told)) == len(told)
    for name in "0123":
        numbers = [number for process, number in told if process == name]
        assert numbers == list(range(len(numbers)))


def test_while_one_holds_it_another_waits(path: Path) -> None:
    program = "from tests.protocols.ledger.test_chain import *; append(Path(sys.argv[1]), Event('report'), stamped())"
    with opened(path) as ledger:
        other = subprocess.Popen([sys.executable, "-c", program, path], cwd=ROOT)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.5)
        ledger.append(Event("look"), stamped())
    assert other.wait(30) == 0
    assert [entry.action for entry in read_ledger(path).entries] == ["look", "report"]


def test_a_ledger_that_cannot_be_read_or_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_ledger(tmp_path / "none.jsonl")
    with pytest.raises(BadInputError, match="mend that, or name another"):
        append(tmp_path, Event("look"), stamped())


def test_an_entry_rewritten_with_a_right_chain_is_another_ledger(four: bytes) -> None:
    """Whoever owns the file can write it anew: the chain holds, the head differs."""
    ledger, head, lines = parse(four), LedgerHead(0, BEGINNING), b""
    for entry in ledger.entries:
        forged = replace(entry, prev=head.sha256, ts_utc="2025-01-01T00:00:00Z")
        head, lines = LedgerHead(forged.seq, forged.sha256), lines + forged.line
    assert parse(lines).head == head
    assert not parse(lines).continues(ledger.head)
