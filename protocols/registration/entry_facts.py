"""Entries about a locked test set (`register`, `amend`, `freeze`, `look`, `results`): their facts, written and read.

The state that follows from all entries is `registry`; the rules for writing them are in `register`.
"""

from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from protocols.ledger.chain import Event, Outcome, Touched
from protocols.model_folder import OPERATING_POINT
from protocols.registration.test_set import LockedTestSet
from protocols.schema.load import LoadedProtocol, ProtocolIdentity


@dataclass(frozen=True, slots=True)
class Threshold:
    """Positive when score >= value; ``sha256`` is of the model's operating_point.json, None for a stated one."""

    value: float
    sha256: str | None


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """The facts of `register` and `amend`."""

    protocol: ProtocolIdentity
    text: str
    test_set: LockedTestSet
    threshold: float | None


@dataclass(frozen=True, slots=True)
class FreezeFacts:
    """The facts of `freeze`."""

    registered: int
    threshold: float


@dataclass(frozen=True, slots=True)
class LookFacts:
    """The facts of a look."""

    protocol: ProtocolIdentity
    test_set: LockedTestSet
    threshold: float
    operating_point_sha256: str | None


@dataclass(frozen=True, slots=True)
class EndFacts:
    """The facts of `results`."""

    look: int
    verdict: str | None


REGISTRATIONS, FREEZES = TypeAdapter(RegistrationFacts), TypeAdapter(FreezeFacts)
LOOKS, ENDS = TypeAdapter(LookFacts), TypeAdapter(EndFacts)


def registration(
    loaded: LoadedProtocol, test_set: LockedTestSet, before_sha256: str | None, reason: str | None
) -> Event:
    """Make the entry that registers a protocol or amends its previous version; it contains the protocol's text."""
    facts = RegistrationFacts(
        loaded.identity, loaded.content.decode("utf-8"), test_set, loaded.protocol.operating_point.threshold
    )
    touched = Touched("protocol.toml", before_sha256, loaded.sha256)
    return Event("amend" if before_sha256 else "register", [touched], asdict(facts), reason)


def freezing(registered: int, threshold: Threshold) -> Event:
    """Make the entry that freezes a model's threshold for the version whose entry is ``registered``."""
    facts = FreezeFacts(registered, threshold.value)
    return Event("freeze", [Touched(OPERATING_POINT, None, threshold.sha256)], asdict(facts))


def beginning(loaded: LoadedProtocol, test_set: LockedTestSet, threshold: Threshold) -> Event:
    """Make the entry that begins a look."""
    facts = LookFacts(loaded.identity, test_set, threshold.value, threshold.sha256)
    return Event("look", facts=asdict(facts), outcome="begun")


def end(look: int, results_sha256: str, verdict: str) -> Event:
    """Make the entry that ends a look; ``look`` is the number of the entry that began it."""
    facts = EndFacts(look, verdict)
    return Event("results", [Touched("results.json", None, results_sha256)], asdict(facts))


def end_without_results(look: int, outcome: Outcome, reason: str) -> Event:
    """Make the entry that ends a look which failed or was interrupted."""
    return Event("results", facts=asdict(EndFacts(look, None)), reason=reason, outcome=outcome)
