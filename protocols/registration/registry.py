"""The entries of a test set's ledger as records: what was registered and frozen, who looked and what came of it.

Owns what follows from the entries in their order, and how looks are counted. What each entry says is `seal.entries`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from protocols.errors import EvidenceDiffersError
from protocols.ledger.chain import Actor, Ledger, LedgerEntry, Outcome
from protocols.registration.entries import ENDS, FREEZES, LOOKS, REGISTRATIONS, EndFacts, Threshold
from protocols.registration.test_set import SealedSet
from protocols.schema.load import ProtocolIdentity


@dataclass(frozen=True, slots=True)
class FrozenThreshold:
    """The threshold of a model, frozen for the registered version whose entry is ``registered``.

    ``seq``, ``ts_utc`` and ``actor`` are of the entry that froze it.
    """

    seq: int
    ts_utc: str
    actor: Actor
    registered: int
    threshold: Threshold


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """One version of a protocol as it was registered (`register`) or amended (`amend`).

    Attributes:
        seq, ts_utc, actor: of the entry.
        protocol: which one.
        text: the protocol file itself.
        test_set: what it is registered for.
        threshold: that the protocol states; None where the model gives it.
        reason: of an amendment; None for the first version.
    """

    seq: int
    ts_utc: str
    actor: Actor
    protocol: ProtocolIdentity
    text: str
    test_set: SealedSet
    threshold: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class LookMade:
    """One look: scores and reference of the test set were joined, or were about to be.

    Attributes:
        seq, ts_utc, actor: of the entry.
        number: among all looks at this test set, from 1.
        protocol: looked with.
        threshold: stated by the protocol, or the model's.
        test_set: that was looked at.
        outcome: ``done``, ``failed`` or ``interrupted``; ``begun`` where nothing was heard of it again (killed).
        results_sha256: of results.json; None unless done.
        verdict: of the results; None unless done.
    """

    seq: int
    ts_utc: str
    actor: Actor
    number: int
    protocol: ProtocolIdentity
    threshold: Threshold
    test_set: SealedSet
    outcome: Outcome
    results_sha256: str | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Registry:
    """What a ledger holds up to some entry; ``frozen`` by the entry of the version it is for."""

    versions: tuple[RegisteredVersion, ...] = ()
    frozen: Mapping[int, FrozenThreshold] = field(default_factory=dict)
    looks: tuple[LookMade, ...] = ()

    def newest(self, protocol_id: str) -> RegisteredVersion | None:
        """The version that holds now; None where the id was never registered."""
        return next((one for one in reversed(self.versions) if one.protocol.id == protocol_id), None)

    def holds(self, test_set: SealedSet) -> bool:
        """Whether a protocol is registered for exactly this test set."""
        return any(one.test_set == test_set for one in self.versions)

    def looks_at(self, test_set: SealedSet) -> tuple[LookMade, ...]:
        """The looks at a test set, also as it was before an amendment changed it: that counts no look anew."""
        same = {test_set.content_sha256}
        sets_of: dict[str, set[str]] = {}
        for one in self.versions:
            sets_of.setdefault(one.protocol.id, set()).add(one.test_set.content_sha256)
        while linked := [hashes for hashes in sets_of.values() if hashes & same and not hashes <= same]:
            same.update(*linked)
        return tuple(look for look in self.looks if look.test_set.content_sha256 in same)

    def after(self, entry: LedgerEntry) -> "Registry":
        """What it holds with one entry more.

        Raises:
            EvidenceDiffersError: the entry lacks the facts of its action.
        """
        try:
            match entry.action:
                case "register" | "amend":
                    return replace(self, versions=(*self.versions, _version(entry)))
                case "freeze":
                    frozen = FREEZES.validate_python(entry.facts)
                    threshold = Threshold(frozen.threshold, str(entry.objects[0].after))
                    made = FrozenThreshold(*_told(entry), frozen.registered, threshold)
                    return replace(self, frozen={**self.frozen, frozen.registered: made})
                case "look":
                    return replace(self, looks=(*self.looks, self._look(entry)))
                case "results":
                    ended = ENDS.validate_python(entry.facts)
                    return replace(self, looks=tuple(_ended(look, ended, entry) for look in self.looks))
        except (ValidationError, IndexError) as error:
            raise EvidenceDiffersError(
                f"entry {entry.seq} of the ledger ({entry.action}) lacks what such an entry tells."
            ) from error
        return self

    def _look(self, entry: LedgerEntry) -> LookMade:
        facts = LOOKS.validate_python(entry.facts)
        return LookMade(
            *_told(entry),
            number=len(self.looks_at(facts.test_set)) + 1,
            protocol=facts.protocol,
            threshold=Threshold(facts.threshold, facts.operating_point_sha256),
            test_set=facts.test_set,
            outcome=entry.outcome,
            results_sha256=None,
            verdict=None,
        )


def registry_of(ledger: Ledger) -> Registry:
    """All that a ledger holds.

    Raises:
        EvidenceDiffersError: an entry lacks the facts of its action.
    """
    registry = Registry()
    for entry in ledger.entries:
        registry = registry.after(entry)
    return registry


def _told(entry: LedgerEntry) -> tuple[int, str, Actor]:
    return entry.seq, entry.ts_utc, entry.actor


def _version(entry: LedgerEntry) -> RegisteredVersion:
    facts = REGISTRATIONS.validate_python(entry.facts)
    return RegisteredVersion(
        *_told(entry),
        protocol=facts.protocol,
        text=facts.text,
        test_set=facts.test_set,
        threshold=facts.threshold,
        reason=entry.reason,
    )


def _ended(look: LookMade, ended: EndFacts, entry: LedgerEntry) -> LookMade:
    if look.seq != ended.look:
        return look
    sha256 = entry.objects[0].after if entry.outcome == "done" else None
    return replace(look, outcome=entry.outcome, results_sha256=sha256, verdict=ended.verdict)
