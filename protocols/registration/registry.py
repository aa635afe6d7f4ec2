"""The state of a test set's ledger as records: registered versions, frozen thresholds, and looks with their outcomes.

Owns the state that follows from the entries in their order, and the counting of looks. The content of each entry is
defined in `entry_facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from protocols.errors import EvidenceDiffersError
from protocols.ledger.chain import Actor, Ledger, LedgerEntry, Outcome
from protocols.registration.entry_facts import ENDS, FREEZES, LOOKS, REGISTRATIONS, EndFacts, Threshold
from protocols.registration.test_set import LockedTestSet
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
        protocol: its identity.
        text: the content of the protocol file.
        test_set: the one it is registered for.
        threshold: the one that the protocol states; None where the model provides it.
        reason: of an amendment; None for the first version.
    """

    seq: int
    ts_utc: str
    actor: Actor
    protocol: ProtocolIdentity
    text: str
    test_set: LockedTestSet
    threshold: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class LookMade:
    """One look: scores and reference of the test set were joined, or were about to be.

    Attributes:
        seq, ts_utc, actor: of the entry.
        number: among all looks at this test set, from 1.
        protocol: of the look.
        threshold: stated by the protocol, or the model's.
        test_set: of the look.
        outcome: ``done``, ``failed`` or ``interrupted``; ``begun`` where no end is recorded (killed).
        results_sha256: of results.json; None unless done.
        verdict: of the results; None unless done.
    """

    seq: int
    ts_utc: str
    actor: Actor
    number: int
    protocol: ProtocolIdentity
    threshold: Threshold
    test_set: LockedTestSet
    outcome: Outcome
    results_sha256: str | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class Registry:
    """The state of a ledger up to some entry; ``frozen`` is keyed by the entry number of the version."""

    versions: tuple[RegisteredVersion, ...] = ()
    frozen: Mapping[int, FrozenThreshold] = field(default_factory=dict)
    looks: tuple[LookMade, ...] = ()

    def newest(self, protocol_id: str) -> RegisteredVersion | None:
        """Return the version in force; None where the id was never registered."""
        return next((one for one in reversed(self.versions) if one.protocol.id == protocol_id), None)

    def holds(self, test_set: LockedTestSet) -> bool:
        """Return whether a protocol is registered for exactly this test set."""
        return any(one.test_set == test_set for one in self.versions)

    def looks_at(self, test_set: LockedTestSet) -> tuple[LookMade, ...]:
        """Return the looks at a test set, including those before an amendment changed it."""
        same = {test_set.content_sha256}
        sets_of: dict[str, set[str]] = {}
        for one in self.versions:
            sets_of.setdefault(one.protocol.id, set()).add(one.test_set.content_sha256)
        while linked := [hashes for hashes in sets_of.values() if hashes & same and not hashes <= same]:
            same.update(*linked)
        return tuple(look for look in self.looks if look.test_set.content_sha256 in same)

    def after(self, entry: LedgerEntry) -> "Registry":
        """Return the state after one more entry.

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
                    made = FrozenThreshold(*_recorded(entry), frozen.registered, threshold)
                    return replace(self, frozen={**self.frozen, frozen.registered: made})
                case "look":
                    return replace(self, looks=(*self.looks, self._look(entry)))
                case "results":
                    ended = ENDS.validate_python(entry.facts)
                    return replace(self, looks=tuple(_ended(look, ended, entry) for look in self.looks))
        except (ValidationError, IndexError) as error:
            raise EvidenceDiffersError(
                f"entry {entry.seq} of the ledger ({entry.action}) lacks the facts of that action."
            ) from error
        return self

    def _look(self, entry: LedgerEntry) -> LookMade:
        facts = LOOKS.validate_python(entry.facts)
        return LookMade(
            *_recorded(entry),
            number=len(self.looks_at(facts.test_set)) + 1,
            protocol=facts.protocol,
            threshold=Threshold(facts.threshold, facts.operating_point_sha256),
            test_set=facts.test_set,
            outcome=entry.outcome,
            results_sha256=None,
            verdict=None,
        )


def registry_of(ledger: Ledger) -> Registry:
    """Return the state of a whole ledger.

    Raises:
        EvidenceDiffersError: an entry lacks the facts of its action.
    """
    registry = Registry()
    for entry in ledger.entries:
        registry = registry.after(entry)
    return registry


def _recorded(entry: LedgerEntry) -> tuple[int, str, Actor]:
    return entry.seq, entry.ts_utc, entry.actor


def _version(entry: LedgerEntry) -> RegisteredVersion:
    facts = REGISTRATIONS.validate_python(entry.facts)
    return RegisteredVersion(
        *_recorded(entry),
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
