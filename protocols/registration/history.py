"""The history of one look at a locked test set, for the report: what was registered, amended and frozen before it.

Reads a run's copy of the ledger for the run's own results. The entries as records are in `registry`.
"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from protocols.ledger.chain import Ledger
from protocols.registration.register import registration_deviation
from protocols.registration.registry import (
    FrozenThreshold,
    LookMade,
    RegisteredVersion,
    Registry,
    registry_of,
)

NAMED_BY = ("id", "axis")  # the key that identifies an entry of a list of tables


@dataclass(frozen=True, slots=True)
class ChangedKey:
    """A key of a protocol that an amendment changed, as ``criteria[SE].goal``; values as JSON, None for none."""

    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class VersionHistory:
    """A registered version, its changes to the previous one, and the number of looks before it.

    Attributes:
        version: the registration: entry, time, actor, version, hash, test set, threshold, reason.
        replaces_sha256: hash of the version before; None for the first.
        changed: keys of the protocol, in the order of their names; empty for the first version.
        other_test_set: whether its test set differs from that of the version before.
        looks_before: looks at the test set before it was registered.
    """

    version: RegisteredVersion
    replaces_sha256: str | None
    changed: tuple[ChangedKey, ...]
    other_test_set: bool
    looks_before: int


@dataclass(frozen=True, slots=True)
class LookHistory:
    """The history of one look, from the ledger when its results were written.

    Attributes:
        protocol_id: of the look's protocol.
        registered: the version that the look complied with; None where an exploratory look used a protocol, test set
            or threshold that differs from what is registered.
        versions: every registered version of this protocol id up to the look, oldest first.
        frozen: the threshold that the model gave, frozen for the registered version; None where the protocol states it.
        look: this look; ``look.number`` counts from 1.
        looks: the number of looks at the test set in the ledger when the results were written.
        looks_without_results: the number of earlier looks that ended without results.
        looks_of_others: the number of earlier looks with another protocol id.
        earlier: the looks before this one, oldest first.
        other_protocols: ids of the other protocols registered for the test set, sorted.
    """

    protocol_id: str
    registered: RegisteredVersion | None
    versions: tuple[VersionHistory, ...]
    frozen: FrozenThreshold | None
    look: LookMade
    looks: int
    looks_without_results: int
    looks_of_others: int
    earlier: tuple[LookMade, ...]
    other_protocols: tuple[str, ...]


def history_of_look(ledger: Ledger, results_sha256: str) -> LookHistory | None:
    """Return the history of the look that produced these results; None where the ledger has no such look.

    Of several looks with identical results the last is returned, as a run keeps the ledger of the time when its own
    results were written.

    Raises:
        EvidenceDiffersError: an entry lacks the facts of its action.
    """
    registry = registry_of(ledger)
    look = next((one for one in reversed(registry.looks) if one.results_sha256 == results_sha256), None)
    if look is None:
        return None
    looks = registry.looks_at(look.test_set)
    earlier = tuple(one for one in looks if one.seq < look.seq)
    versions = tuple(
        one for one in registry.versions if one.protocol.id == look.protocol.id and one.seq < look.seq
    )
    before = registry_of(Ledger(ledger.entries[: look.seq - 1]))
    registered = _kept_by(look, before)
    return LookHistory(
        protocol_id=look.protocol.id,
        registered=registered,
        versions=tuple(
            _version_history(before, version, registry)
            for before, version in pairwise((None, *versions))
            if version is not None
        ),
        frozen=before.frozen.get(registered.seq) if registered else None,
        look=look,
        looks=len(looks),
        looks_without_results=sum(one.outcome != "done" for one in earlier),
        looks_of_others=sum(one.protocol.id != look.protocol.id for one in earlier),
        earlier=earlier,
        other_protocols=tuple(
            sorted(
                {
                    one.protocol.id
                    for one in registry.versions
                    if one.test_set == look.test_set and one.protocol.id != look.protocol.id
                }
            )
        ),
    )


def changed_keys(old: str, new: str) -> tuple[ChangedKey, ...]:
    r"""Return the keys whose values differ between two protocols; comments and the order of keys do not count.

    >>> changed_keys("[bootstrap]\nseed = 1", "# another\n[bootstrap]\nseed = 2")
    (ChangedKey(key='bootstrap.seed', old='1', new='2'),)
    """
    before, after = (dict(_leaves(tomllib.loads(text.removeprefix("\ufeff")))) for text in (old, new))
    return tuple(
        ChangedKey(key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )


def _kept_by(look: LookMade, before: Registry) -> RegisteredVersion | None:
    """Return the registered version that a look complied with, in protocol, test set and threshold."""
    broken = registration_deviation(before, look.protocol, look.test_set, look.threshold)
    return None if broken else before.newest(look.protocol.id)


def _version_history(
    before: RegisteredVersion | None, version: RegisteredVersion, registry: Registry
) -> VersionHistory:
    return VersionHistory(
        version=version,
        replaces_sha256=before.protocol.sha256 if before else None,
        changed=changed_keys(before.text, version.text) if before else (),
        other_test_set=before is not None and before.test_set != version.test_set,
        looks_before=sum(look.seq < version.seq for look in registry.looks_at(version.test_set)),
    )


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and value of everything that is not a table; an entry of a list is identified by its id or axis."""
    if isinstance(value, dict) and (value or not path):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and all(isinstance(inner, dict) for inner in value):
        for position, inner in enumerate(value, start=1):
            name = next((_name(inner[key]) for key in NAMED_BY if key in inner), str(position))
            yield from _leaves(inner, f"{path}[{name}]")
    else:
        yield path, json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _name(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
