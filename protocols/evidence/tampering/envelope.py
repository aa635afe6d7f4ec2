"""Tampering with the signature: stripped, altered, of another key, or over another statement.

Owns these kinds. The key id of an envelope is not signed (DSSE), so a changed one proves nothing by itself; it must
still be detected, because an auditor identifies the key by it.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from protocols.evidence.bundle.layout import ATTESTATION, SUBJECTS
from protocols.evidence.bundle.signing import STATEMENT_TYPE, PrivateKey, sign_envelope
from protocols.evidence.tampering.working_copy import TamperBench, Tampering
from protocols.storage.canonical import json_line, sha256_bytes

Envelope = dict[str, Any]


def of_the_envelope(key: PrivateKey) -> Iterator[Tampering]:
    """Yield every tampering with the envelope.

    Args:
        key: another key than the bundle's.
    """
    changes: Mapping[str, Callable[[Envelope], Envelope]] = {
        "the signature stripped": lambda envelope: envelope | {"signatures": []},
        "the signature altered": lambda envelope: _altered(envelope, "sig", _other_signature),
        "the key id altered": lambda envelope: _altered(envelope, "keyid", _other_digit),
        "the signature given twice": lambda envelope: envelope | {"signatures": envelope["signatures"] * 2},
        "the type of the payload altered": lambda envelope: envelope | {"payloadType": "text/plain"},
        "the statement altered": lambda envelope: envelope | {"payload": _other_verdict(envelope)},
        "an empty statement": lambda envelope: envelope | {"payload": _base64(b"{}")},
    }
    for kind, change in changes.items():
        yield Tampering(kind, (ATTESTATION,), _changed(change))
    yield Tampering(
        "the same statement signed with another key", (ATTESTATION,), lambda bench: sign_anew(bench, key)
    )


def sign_anew(bench: TamperBench, key: PrivateKey) -> None:
    """Make the statement fit the present manifests, and sign it with another key."""
    envelope = json.loads(bench.read(ATTESTATION))
    payload = _fitting(bench, envelope)
    bench.write(ATTESTATION, sign_envelope(payload, STATEMENT_TYPE, key).encode("utf-8"))


def sign_in_the_name_of_the_first(bench: TamperBench, key: PrivateKey) -> None:
    """Sign anew with another key, under the id of the first key."""
    first = json.loads(bench.read(ATTESTATION))["signatures"][0]["keyid"]
    sign_anew(bench, key)
    _changed(lambda envelope: _altered(envelope, "keyid", lambda _: first))(bench)


def keep_the_signature(bench: TamperBench) -> None:
    """Make the statement fit the present manifests, and keep the first signature."""
    _changed(lambda envelope: envelope | {"payload": _base64(_fitting(bench, envelope))})(bench)


def _changed(change: Callable[[Envelope], Envelope]) -> Callable[[TamperBench], None]:
    def apply(bench: TamperBench) -> None:
        envelope = json.loads(bench.read(ATTESTATION))
        bench.write(ATTESTATION, json_line(change(envelope)).encode("utf-8"))

    return apply


def _fitting(bench: TamperBench, envelope: Envelope) -> bytes:
    statement = json.loads(base64.b64decode(envelope["payload"]))
    statement["subject"] = [
        {"name": name, "digest": {"sha256": sha256_bytes(bench.read(name))}} for name in SUBJECTS
    ]
    return json_line(statement).encode("utf-8")


def _altered(envelope: Envelope, key: str, change: Callable[[str], str]) -> Envelope:
    first = envelope["signatures"][0]
    return envelope | {"signatures": [first | {key: change(first[key])}]}


def _other_digit(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


def _other_signature(text: str) -> str:
    signature = bytearray(base64.b64decode(text))
    signature[0] ^= 1
    return _base64(bytes(signature))


def _other_verdict(envelope: Envelope) -> str:
    statement = json.loads(base64.b64decode(envelope["payload"]))
    inside = statement["predicate"]["buildDefinition"]["internalParameters"]
    inside["verdict"] = "pass" if inside["verdict"] != "pass" else "fail"
    return _base64(json_line(statement).encode("utf-8"))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
