"""The tamper test sees everything with `verify` as it is, misses what a weakened one misses; its memory is sound."""

import base64
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocols.errors import EvidenceDiffersError
from protocols.evidence.tampering import tamper_test as tampering
from protocols.evidence.tampering.tamper_test import RememberedReading, TamperTest, tamper_test, tamperings_of
from protocols.evidence.tampering.working_copy import TamperBench
from protocols.evidence.verification import verify as verification
from protocols.evidence.verification.check import Check
from protocols.evidence.verification.file_tree import tree_of
from protocols.progress import silent
from reports.pdf.read_pdf import PrintedPdf
from tests.protocols.handmade_bundle import KEY, OTHER_KEY, HandmadeBundle, handmade_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> HandmadeBundle:
    return handmade_bundle(tmp_path_factory.mktemp("tampering") / "bundle")


def outcome_of(bundle: HandmadeBundle) -> TamperTest:
    return tamper_test(bundle.root, KEY.public_key(), printed=PrintedPdf, progress=silent)


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def result(bundle: HandmadeBundle) -> TamperTest:
    before = contents(bundle.root)
    ended = outcome_of(bundle)
    assert contents(bundle.root) == before
    return ended


@pytest.mark.fault(37, 38, 39, 40, 41, 42, 44)
def test_every_tampering_is_detected_with_its_file_named(result: TamperTest) -> None:
    assert result.missed == ()
    assert result.passed
    assert all(outcome.detected == outcome.tried and outcome.example for outcome in result.outcomes)


def test_every_file_is_flipped_and_dropped(bundle: HandmadeBundle, result: TamperTest) -> None:
    tried = {outcome.kind: outcome.tried for outcome in result.outcomes}
    files = len(contents(bundle.root))
    assert sum(number for kind, number in tried.items() if kind.startswith("a bit flipped")) == files
    assert tried["a file dropped"] == files


@pytest.mark.parametrize(
    "kind",
    [
        "a bit flipped in the first byte",
        "a bit flipped in the last byte",
        "a bit flipped somewhere",
        "a file emptied",
        "a file renamed",
        "two files swapped",
        "a file replaced by a link to its bytes",
        "a planted package",
        "the signature stripped",
        "the key id altered",
        "the same statement signed with another key",
        "results.json changed, bag anew",
        "all anew, another key in the first's name",
        "an image changed, all anew",
        "the ledger cut short, bag anew",
        "the ledger written anew, bag anew",
        "two ledger entries swapped, bag anew",
    ],
)
def test_the_kinds_that_are_promised_are_tried(result: TamperTest, kind: str) -> None:
    assert kind in {outcome.kind for outcome in result.outcomes}


def test_each_tampering_changes_something_and_is_undone(bundle: HandmadeBundle, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle.root, copy)
    bench = TamperBench(copy, tmp_path / "kept", lambda _: None)

    def seen() -> tuple[object, ...]:
        tree = tree_of(copy)
        return {name: tree.path(name).read_bytes() for name in tree.files}, tree.folders, tree.others

    before = seen()
    for one in tamperings_of(copy, random.Random(1)):
        one.apply(bench)
        assert seen() != before, one
        bench.undo()
        assert seen() == before, one


def without(name: str) -> Callable[..., Check]:
    return lambda *_: Check(name, "passed", "switched off")


@pytest.mark.parametrize(
    ("check", "name", "missed"),
    [
        ("check_payload", "payload", "a file added in data/"),
        ("check_layout", "layout", "a file added beside the bag"),
        ("check_manifests", "manifests", "bag-info.txt edited, tag manifest anew"),
        ("check_tags", "tag files", "a file emptied"),
    ],
)
def test_a_weakened_verification_misses_something(
    bundle: HandmadeBundle, monkeypatch: pytest.MonkeyPatch, check: str, name: str, missed: str
) -> None:
    monkeypatch.setattr(verification, check, without(name))
    ended = outcome_of(bundle)
    assert not ended.passed
    assert missed in {one.kind for one in ended.missed}


def test_a_signature_that_is_not_checked_is_missed(
    bundle: HandmadeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def any_key(content: bytes, key: object, source: str) -> bytes:
        try:
            return base64.b64decode(json.loads(content)["payload"])
        except ValueError as error:
            raise EvidenceDiffersError(f"{source}: is no envelope.") from error

    monkeypatch.setattr(verification, "open_envelope", any_key)
    missed = {one.kind for one in outcome_of(bundle).missed}
    assert {"the signature stripped", "all anew, the signature kept"} <= missed


def test_a_finding_that_names_no_touched_file_counts_as_missed(
    bundle: HandmadeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = verification.check_layout

    def silent_layout(*given: Any) -> Check:
        return replace(real(*given), problems=())

    monkeypatch.setattr(verification, "check_layout", silent_layout)
    missed = {one.kind: one.words for one in outcome_of(bundle).missed}
    assert missed["a file added beside the bag"] == "seen, but no file that it touched is named"


def test_a_bundle_that_does_not_verify_is_refused(bundle: HandmadeBundle) -> None:
    with pytest.raises(EvidenceDiffersError, match="does not verify as it is"):
        tamper_test(bundle.root, OTHER_KEY.public_key(), printed=PrintedPdf, progress=silent)


def test_memory_is_dropped_for_a_file_that_was_touched(tmp_path: Path) -> None:
    """Same size, inode and times: only that it was told makes the reading look again."""
    path = tmp_path / "file"
    path.write_bytes(b"one")
    there = path.stat()
    reading = RememberedReading()
    first = reading.sha256(str(path), there)
    path.write_bytes(b"two")
    assert reading.sha256(str(path), there) == first
    reading.forget(str(path))
    assert reading.sha256(str(path), there) != first


@pytest.mark.slow
def test_a_memory_that_is_not_dropped_is_found_out(
    bundle: HandmadeBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample is verified without memory: with one that answers for every file of a name, the findings differ."""

    class Stubborn(RememberedReading):
        def sha256(self, path: str, there: Any) -> str:
            return super().sha256(path, self.first.setdefault(path, there))

        def forget(self, path: str) -> None:
            pass

        first: dict[str, Any] = {}  # noqa: RUF012 - of this test alone

    monkeypatch.setattr(tampering, "RememberedReading", Stubborn)
    monkeypatch.setattr(tampering, "SAMPLE", 10_000)
    assert not outcome_of(bundle).passed
