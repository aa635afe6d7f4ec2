"""Registration before the first look: protocol, test set and threshold are locked before scores meet the reference.

Owns what may be registered, frozen and looked at, and the refusals. One look is in `counted_look`, its history in
`history`. The order is provable only with a receipt filed where the ledger's owner cannot change it
(docs/guides/ledger.md).
"""

from collections.abc import Callable
from pathlib import Path

from protocols.errors import BadInputError
from protocols.ledger.chain import OpenLedger, Stamp, opened
from protocols.registration.entry_facts import Threshold, freezing, registration
from protocols.registration.receipt import Receipt, receipt_of
from protocols.registration.registry import RegisteredVersion, Registry, registry_of
from protocols.registration.test_set import LockedTestSet
from protocols.schema.load import LoadedProtocol, ProtocolIdentity
from protocols.storage.run_folder import RunFolder

LEDGER = "ledger.jsonl"  # beside the protocol, where no other is named

Stamping = Callable[[], Stamp]


def place_of_ledger(protocol: Path, named: Path | None) -> Path | None:
    """Return the ledger that was named, else the one beside the protocol, existing or not; None for a run folder's.

    Raises:
        BadInputError: the ledger would be that of a run folder, which is a copy and never changes.
    """
    path = named or protocol.parent / LEDGER
    if not RunFolder(path.parent).record.exists():
        return path
    if named or path.exists():
        raise BadInputError(
            f"{path}: belongs to a run folder and is a copy of the test set's ledger at that time; name the test set's "
            "own ledger with --ledger (run.json of the folder states where it was)."
        )
    return None


def register(
    path: Path,
    loaded: LoadedProtocol,
    test_set: LockedTestSet,
    threshold: Threshold | None,
    stamping: Stamping,
    *,
    reason: str | None,
) -> Receipt:
    """Register a protocol for a test set, or amend what is registered; repeating a registration changes nothing.

    Args:
        path: the test set's ledger; it is created where it does not exist.
        loaded: the protocol.
        test_set: the one to register it for.
        threshold: of the model, to be frozen too; None where the protocol states it or it is not chosen yet.
        stamping: called for the stamp of each entry.
        reason: of an amendment.

    Raises:
        BadInputError: the protocol is exploratory, the test set is empty, an amendment has no higher version or no
            reason, or another threshold is frozen for this version.
        EvidenceDiffersError: the chain of the ledger is broken.
    """
    if loaded.protocol.stage != "confirmatory":
        raise BadInputError(
            f"{loaded.protocol.id}: is exploratory, and only a confirmatory protocol can be locked; write stage = "
            '"confirmatory" in it, with criteria by which the study passes or fails, or validate it as it is.'
        )
    if not test_set.images:
        raise BadInputError(f"{loaded.protocol.id}: the test split of the studies has no image to lock.")
    with opened(path) as ledger:
        newest = registry_of(ledger.read()).newest(loaded.protocol.id)
        if newest is None or (newest.protocol.sha256, newest.test_set) != (loaded.sha256, test_set):
            if newest:
                _refuse_amendment(newest, loaded, reason)
            ledger.append(
                registration(loaded, test_set, newest.protocol.sha256 if newest else None, reason), stamping()
            )
        if threshold and threshold.sha256:
            freeze(ledger, loaded, threshold, stamping)
        return receipt_of(ledger.read(), loaded.protocol.id)


def freeze(ledger: OpenLedger, loaded: LoadedProtocol, threshold: Threshold, stamping: Stamping) -> None:
    """Freeze a model's threshold for the registered version; freezing the same one again changes nothing.

    Raises:
        BadInputError: another threshold is frozen.
    """
    registry = registry_of(ledger.read())
    version = registry.newest(loaded.protocol.id)
    if version is None:
        raise ValueError(f"{loaded.protocol.id} is not registered")
    frozen = registry.frozen.get(version.seq)
    if frozen is None:
        ledger.append(freezing(version.seq, threshold), stamping())
    elif frozen.threshold != threshold:
        raise BadInputError(
            f"{_name(version)}: its threshold is frozen at {frozen.threshold.value!r} (entry {frozen.seq}, "
            f"operating_point.json {frozen.threshold.sha256}); received {threshold.value!r} ({threshold.sha256}). "
            "Another threshold is another version: raise version in the protocol and lock it with --reason."
        )


def registration_deviation(
    registry: Registry, protocol: ProtocolIdentity, test_set: LockedTestSet, threshold: Threshold | None
) -> str | None:
    """Return how a confirmatory look would deviate from what is registered; None where it complies.

    Args:
        registry: what the ledger holds.
        protocol: to look with.
        test_set: to be looked at.
        threshold: of the look; None where it is not known yet.
    """
    version = registry.newest(protocol.id)
    if version is None:
        return f"{protocol.id} version {protocol.version} is confirmatory and not registered"
    if version.protocol.sha256 != protocol.sha256:
        return (
            f"{protocol.id} version {protocol.version} (sha256 {protocol.sha256}) is not what is registered: "
            f"{_name(version)} (sha256 {version.protocol.sha256}, entry {version.seq})"
        )
    if version.test_set != test_set:
        return (
            f"{_name(version)} is registered for another test set: {_words(version.test_set)} (entry {version.seq}); "
            f"received {_words(test_set)}"
        )
    if threshold is None:
        return None
    if version.threshold is not None:
        if threshold == Threshold(version.threshold, None):
            return None
        return f"{_name(version)} states threshold {version.threshold!r}; received {threshold.value!r}"
    frozen = registry.frozen.get(version.seq)
    if frozen is None:
        return f"{_name(version)} takes its threshold from the model, and none is frozen for it"
    if frozen.threshold != threshold:
        return (
            f"{_name(version)}: its threshold is frozen at {frozen.threshold.value!r} (operating_point.json "
            f"{frozen.threshold.sha256}, entry {frozen.seq}); received {threshold.value!r} ({threshold.sha256})"
        )
    return None


def refuse_deviation(
    path: Path,
    registry: Registry,
    loaded: LoadedProtocol,
    test_set: LockedTestSet,
    threshold: Threshold | None,
) -> None:
    """Refuse a confirmatory look that deviates from what is registered; an exploratory one may deviate.

    Raises:
        BadInputError: the look deviates; the message states the command to type.
    """
    protocol = loaded.protocol
    if protocol.stage != "confirmatory":
        return
    broken = registration_deviation(registry, loaded.identity, test_set, threshold)
    if broken is None:
        return
    newest = registry.newest(protocol.id)
    if newest is None:
        then = f"lock it first: cxr510k lock PROTOCOL --cohort DIR --ledger {path}"
    elif (
        newest.protocol.sha256 == loaded.sha256
        and newest.test_set == test_set
        and newest.seq not in registry.frozen
    ):
        then = f"freeze it first: cxr510k lock PROTOCOL --cohort DIR --operating-point FILE --ledger {path}"
    else:
        then = (
            "use what is registered, or amend it, a changed protocol or threshold under a higher version: "
            f"cxr510k lock PROTOCOL --cohort DIR --reason TEXT --ledger {path}"
        )
    raise BadInputError(f"{path}: {broken}; {then}.")


def _refuse_amendment(newest: RegisteredVersion, loaded: LoadedProtocol, reason: str | None) -> None:
    held, protocol = newest.protocol, loaded.protocol
    if held.sha256 != loaded.sha256 and protocol.version <= held.version:
        raise BadInputError(
            f"{protocol.id}: version {held.version} is registered with other content (sha256 {held.sha256}, entry "
            f"{newest.seq}); received version {protocol.version} (sha256 {loaded.sha256}). Write version = "
            f"{held.version + 1} in the protocol and lock it with --reason."
        )
    if not reason:
        what = "another test set" if held.sha256 == loaded.sha256 else f"version {protocol.version}"
        raise BadInputError(
            f"{_name(newest)} is registered (entry {newest.seq}), and {what} amends it; give the reason with --reason "
            "TEXT."
        )


def _name(version: RegisteredVersion) -> str:
    return f"{version.protocol.id} version {version.protocol.version}"


def _words(test_set: LockedTestSet) -> str:
    return f"{test_set.images} images of {test_set.patients} patients, content {test_set.content_sha256}"
