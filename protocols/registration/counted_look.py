"""One look at a test set: begun before scores and reference are joined, ended with results or without.

Owns when a run writes to the ledger; the rules of what may be looked at are in `register`. A test set that is in no
ledger is not locked: an exploratory run on it records no look.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from protocols.errors import BadInputError, InterruptedWorkError, SuiteError
from protocols.ledger.chain import opened, read_ledger
from protocols.model_folder import read_threshold
from protocols.registration.entry_facts import Threshold, beginning, end, end_without_results
from protocols.registration.register import Stamping, freeze, refuse_deviation
from protocols.registration.registry import Registry, registry_of
from protocols.registration.test_set import LockedTestSet, locked_test_set_of
from protocols.schema.load import LoadedProtocol
from protocols.storage.canonical import sha256_bytes
from protocols.tables.records import Reads, Studies

CountLook = Callable[[Studies, Reads, Threshold], None]


class Look:
    """The look of one run; only `counted_look` makes one."""

    def __init__(self, path: Path | None, loaded: LoadedProtocol, stamping: Stamping, *, named: bool) -> None:
        self._path, self._loaded, self._stamping, self._named = path, loaded, stamping, named
        self._begun: int | None = None  # the entry, until the look has ended
        self.ledger: Path | None = None  # of a locked test set that was looked at
        self.number: int | None = None  # of this look
        self.note: str | None = None  # to print for the user

    @property
    def recorded_path(self) -> str | None:
        """The path of the ledger for the run record; None where the test set is not locked."""
        return str(self.ledger.resolve()) if self.ledger else None

    def refuse_unlocked(self, studies: Studies, reads: Reads) -> None:
        """Refuse before any computation what `begin` would refuse, as far as is known by then.

        Raises:
            BadInputError: a confirmatory protocol is not registered as it is for this test set; or the ledger that
                was named does not contain this test set.
        """
        test_set, registry = locked_test_set_of(studies, reads), self._registry()
        self._refuse(registry, test_set, None)
        if not registry.holds(test_set):
            self._leave(registry)

    def freeze(self, operating_point: Path) -> None:
        """Freeze the threshold that a confirmatory run has just chosen.

        Raises:
            BadInputError: another threshold is frozen.
        """
        if self._loaded.protocol.stage != "confirmatory" or self._path is None:
            return
        chosen, sha256 = read_threshold(operating_point)
        threshold = Threshold(chosen.threshold, sha256)
        with opened(self._path) as ledger:
            freeze(ledger, self._loaded, threshold, self._stamping)

    def begin(self, studies: Studies, reads: Reads, threshold: Threshold) -> None:
        """Count the look where the test set is locked; scores and reference may be joined only after this returns.

        Raises:
            BadInputError: a confirmatory protocol is not registered as it is for this test set and threshold; or the
                ledger that was named does not contain this test set.
            EvidenceDiffersError: the chain of the ledger is broken.
        """
        test_set = locked_test_set_of(studies, reads)
        registry = self._registry()
        self._refuse(registry, test_set, threshold)
        if self._path is None or not registry.holds(test_set):
            self._leave(registry)
            return
        with opened(self._path) as ledger:
            # Checked again, as another process may have amended what is registered.
            held = registry_of(ledger.read())
            self._refuse(held, test_set, threshold)
            entry = ledger.append(beginning(self._loaded, test_set, threshold), self._stamping())
            self._begun, self.ledger = entry.seq, self._path
            self.number = len(held.looks_at(test_set)) + 1

    def end(self, results: bytes, verdict: str) -> bytes | None:
        """Record the results and return the bytes of the ledger; None where the test set is not locked."""
        if self._begun is None or self._path is None:
            return None
        with opened(self._path) as ledger:
            ledger.append(end(self._begun, sha256_bytes(results), verdict), self._stamping())
            self._begun = None
            return ledger.content()

    def end_without_results(self, error: BaseException) -> None:
        """Record why a look that began has no results."""
        if self._begun is None or self._path is None:
            return
        stopped = isinstance(error, KeyboardInterrupt | InterruptedWorkError)
        reason = str(error) if isinstance(error, SuiteError) else type(error).__name__
        event = end_without_results(self._begun, "interrupted" if stopped else "failed", reason)
        with opened(self._path) as ledger:
            ledger.append(event, self._stamping())
        self._begun = None

    def _registry(self) -> Registry:
        if self._path is None or not self._path.exists():
            return Registry()
        return registry_of(read_ledger(self._path))

    def _refuse(self, registry: Registry, test_set: LockedTestSet, threshold: Threshold | None) -> None:
        if self._path is None and self._loaded.protocol.stage == "confirmatory":
            raise BadInputError(
                f"{self._loaded.protocol.id}: is confirmatory; name its ledger with --ledger."
            )
        refuse_deviation(self._path or Path(), registry, self._loaded, test_set, threshold)

    def _leave(self, registry: Registry) -> None:
        """Leave the look uncounted: with a note where a ledger exists, refused where the user named it."""
        if self._named:
            raise BadInputError(
                f"{self._path}: contains no protocol for this test set, so no look at it can be counted; lock one "
                "first, or leave out --ledger."
            )
        if registry.versions:
            self.note = f"{self._path} is for another test set; this was not counted as a look"


@contextmanager
def counted_look(
    path: Path | None, loaded: LoadedProtocol, stamping: Stamping, *, named: bool
) -> Iterator[Look]:
    """Count a look that ends in the ledger, whatever happens to the work, but for a process that is killed.

    Args:
        path: the test set's ledger, existing or not; None where there is no place for one.
        loaded: the protocol.
        stamping: called for the stamp of each entry.
        named: whether the user named the ledger, so that the look must be counted.
    """
    look = Look(path, loaded, stamping, named=named)
    try:
        yield look
    except BaseException as error:
        # A ledger that cannot be written now leaves the look without a recorded end, which is reported as such.
        with suppress(SuiteError):
            look.end_without_results(error)
        raise
