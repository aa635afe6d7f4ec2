"""The content of a signed statement: the two manifests that it is about, and what it records of run, ledger, results.

Owns reading the statement from its bytes, after the signature over them was verified. Writing it is `bundle`'s.
Sources: in-toto Statement v1; SLSA provenance v1; the contract ("Bundle").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols.errors import EvidenceDiffersError
from protocols.evidence.bundle.layout import SUBJECTS
from protocols.evidence.bundle.statement import BUILD, PREDICATE, STATEMENT
from protocols.ledger.chain import LedgerHead
from protocols.schema.load import ProtocolIdentity
from protocols.storage.strict_json import member, strict_json, text_member

SOURCE = "the signed statement"
KEYS = {"_type", "subject", "predicateType", "predicate"}
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Promise:
    """The statement that the owner of a key signed.

    Attributes:
        manifests: SHA-256 of the bag's two manifests, by their paths in the bundle.
        protocol: of the run.
        ledger: the head of the bundle's ledger.
        verdict, results_sha256: of results.json.
        dependencies: SHA-256 of what the run was made from, by paths below data/.
        signed: time of signing, in UTC, by the signer's own clock.
    """

    manifests: Mapping[str, str]
    protocol: ProtocolIdentity
    ledger: LedgerHead
    verdict: str
    results_sha256: str
    dependencies: Mapping[str, str]
    signed: str


def promise_of(payload: bytes) -> Promise:
    """Read a statement whose signature was verified.

    Raises:
        EvidenceDiffersError: it is not a statement of the suite about the two manifests of a bundle.
    """
    document = strict_json(payload, source=SOURCE)
    _require(isinstance(document, dict) and set(document) == KEYS, "has other keys than a statement")
    _require(document["_type"] == STATEMENT, f"is not of type {STATEMENT}")
    _require(document["predicateType"] == PREDICATE, f"its predicate is not of type {PREDICATE}")
    build = ("predicate", "buildDefinition")
    _require(_text(document, *build, "buildType") == BUILD, f"its build is not of type {BUILD}")
    outside, inside = (*build, "externalParameters", "protocol"), (*build, "internalParameters")
    return Promise(
        manifests=_subjects(document["subject"]),
        protocol=ProtocolIdentity(
            id=_text(document, *outside, "id"),
            version=_whole_number(document, *outside, "version"),
            sha256=_sha256(document, *outside, "sha256"),
            stage=_text(document, *build, "externalParameters", "stage"),
        ),
        ledger=LedgerHead(
            _whole_number(document, *inside, "ledger", "entries"),
            _sha256(document, *inside, "ledger", "head"),
        ),
        verdict=_text(document, *inside, "verdict"),
        results_sha256=_sha256(document, *inside, "results_sha256"),
        dependencies=_named(member(document, *build, "resolvedDependencies", source=SOURCE)),
        signed=_text(document, "predicate", "runDetails", "metadata", "finishedOn"),
    )


def _subjects(listed: Any) -> dict[str, str]:
    subjects = _named(listed)
    _require(set(subjects) == set(SUBJECTS), f"its subjects are not exactly {' and '.join(SUBJECTS)}")
    return subjects


def _named(listed: Any) -> dict[str, str]:
    """Return name -> SHA-256 of a list of resources; refuse duplicates."""
    _require(isinstance(listed, list), "has no list where resources are expected")
    named = {
        _text(listed, place, "name"): _sha256(listed, place, "digest", "sha256")
        for place in range(len(listed))
    }
    _require(len(named) == len(listed), "names a duplicate resource")
    return named


def _text(document: Any, *path: str | int) -> str:
    return text_member(document, *path, source=SOURCE)


def _sha256(document: Any, *path: str | int) -> str:
    text = _text(document, *path)
    _require(_SHA256.fullmatch(text) is not None, f"has no SHA-256 at {'.'.join(map(str, path))}")
    return text


def _whole_number(document: Any, *path: str | int) -> int:
    value = member(document, *path, source=SOURCE)
    _require(type(value) is int, f"has no whole number at {'.'.join(map(str, path))}")
    return int(value)


def _require(kept: bool, words: str) -> None:
    if not kept:
        raise EvidenceDiffersError(f"{SOURCE}: {words}.")
