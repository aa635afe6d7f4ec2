"""What the entries about a sealed test set say: `register`, `amend`, `freeze`, `look` and `results`, both ways.

Owns their facts, nothing more. What follows from all of them together is `registry`; who may write which is
`registration`.
"""

from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from protocols.ledger.chain import Event, Outcome, Touched
from protocols.model_folder import OPERATING_POINT
from protocols.registration.test_set import SealedSet
from protocols.schema.load import LoadedProtocol, ProtocolIdentity


@dataclass(frozen=True, slots=True)
class Threshold:
    """Positive when score >= value; sha256 is of the model's operating_point.json, None for a stated one."""

    value: float
    sha256: str | None


@dataclass(frozen=True, slots=True)
class RegistrationFacts:
    """Of `register` and `amend`."""

    protocol: ProtocolIdentity
    text: str
    test_set: SealedSet
    threshold: float | None


@dataclass(frozen=True, slots=True)
class FreezeFacts:
    """Of `freeze`."""

    registered: int
    threshold: float


@dataclass(frozen=True, slots=True)
class LookFacts:
    """Of `look`."""

    protocol: ProtocolIdentity
    test_set: SealedSet
    threshold: float
    operating_point_sha256: str | None


@dataclass(frozen=True, slots=True)
class EndFacts:
    """Of `results`."""

    look: int
    verdict: str | None


REGISTRATIONS, FREEZES = TypeAdapter(RegistrationFacts), TypeAdapter(FreezeFacts)
LOOKS, ENDS = TypeAdapter(LookFacts), TypeAdapter(EndFacts)


def registration(
    loaded: LoadedProtocol, test_set: SealedSet, before_sha256: str | None, reason: str | None
) -> Event:
    """The entry that registers a protocol, or amends the version before; it holds the text of the file."""
    facts = RegistrationFacts(
        loaded.identity, loaded.content.decode("utf-8"), test_set, loaded.protocol.operating_point.threshold
    )
    touched = Touched("protocol.toml", before_sha256, loaded.sha256)
    return Event("amend" if before_sha256 else "register", [touched], asdict(facts), reason)


def freezing(registered: int, threshold: Threshold) -> Event:
    """The entry that freezes a model's threshold for the version whose entry is ``registered``."""
    facts = FreezeFacts(registered, threshold.value)
    return Event("freeze", [Touched(OPERATING_POINT, None, threshold.sha256)], asdict(facts))


def beginning(loaded: LoadedProtocol, test_set: SealedSet, threshold: Threshold) -> Event:
    """The entry that a look begins with."""
    facts = LookFacts(loaded.identity, test_set, threshold.value, threshold.sha256)
    return Event("look", facts=asdict(facts), outcome="begun")


def end(look: int, results_sha256: str, verdict: str) -> Event:
    """The entry that a look ends with; ``look`` is the entry it began with."""
    facts = EndFacts(look, verdict)
    return Event("results", [Touched("results.json", None, results_sha256)], asdict(facts))


def end_without_results(look: int, outcome: Outcome, reason: str) -> Event:
    """The entry of a look that failed or was interrupted."""
    return Event("results", facts=asdict(EndFacts(look, None)), reason=reason, outcome=outcome)
