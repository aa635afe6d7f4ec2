"""The receipt: issued from the ledger, written and read, and compared with a later ledger."""

import json
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.ledger.chain import Event, Ledger, append, read_ledger
from protocols.registration.receipt import read_receipt, receipt_mismatch, receipt_of
from protocols.registration.register import register
from tests.protocols.sealed_study import CHOSEN, MODEL, SET, clock, protocol


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "ledger.jsonl"
    register(made, protocol(), SET, None, clock(), reason=None)
    register(made, protocol(name="model", point=MODEL), SET, CHOSEN, clock(), reason=None)
    return made


def test_a_receipt_by_hand(path: Path) -> None:
    ledger = read_ledger(path)
    assert json.loads(receipt_of(ledger, "model").to_json()) == {
        "schema": "cxr510k-receipt/1",
        "protocol": {
            "id": "model",
            "version": 1,
            "sha256": protocol(name="model", point=MODEL).sha256,
            "stage": "confirmatory",
        },
        "test_set": {"images": 3, "patients": 2, "content_sha256": SET.content_sha256},
        "threshold": {"value": 0.43, "sha256": "4" * 64},
        "time": "2026-01-31T12:00:01Z",
        "actor": {"name": "Ada Example", "id": "ada", "role": "quality engineer"},
        "ledger": {"entries": 3, "sha256": ledger.entries[2].sha256},
    }
    assert receipt_of(ledger, "small").ledger.entries == 1


def test_written_and_read_against_itself(path: Path, tmp_path: Path) -> None:
    receipt = receipt_of(read_ledger(path), "small")
    (tmp_path / "receipt.json").write_text(receipt.to_json(), encoding="utf-8")
    assert read_receipt(tmp_path / "receipt.json") == receipt


def test_an_unregistered_protocol_has_no_receipt(path: Path) -> None:
    with pytest.raises(BadInputError, match="other: is not registered"):
        receipt_of(read_ledger(path), "other")


@pytest.mark.fault(42, "ledger truncated or rewritten, found through a receipt")
def test_a_truncated_or_rewritten_ledger_does_not_match_the_receipt(path: Path, tmp_path: Path) -> None:
    ledger = read_ledger(path)
    receipt = receipt_of(ledger, "model")
    append(path, Event("look"), clock()())
    assert receipt_mismatch(receipt, read_ledger(path)) is None
    assert "truncated or rewritten" in str(receipt_mismatch(receipt, Ledger(ledger.entries[:2])))
    anew = tmp_path / "anew.jsonl"
    for _ in range(4):
        append(anew, Event("report"), clock()())
    assert "entry 3 is" in str(receipt_mismatch(receipt, read_ledger(anew)))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": "cxr510k-receipt/1"}', '{"schema": "other"}']
)
def test_another_file_than_a_receipt_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "receipt.json").write_text(content)
    with pytest.raises(BadInputError, match="is not cxr510k-receipt/1"):
        read_receipt(tmp_path / "receipt.json")
    with pytest.raises(BadInputError, match="cannot be read"):
        read_receipt(tmp_path / "none.json")
