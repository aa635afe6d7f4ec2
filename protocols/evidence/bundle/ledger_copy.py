"""The ledger of a bundle: the entries of the run, later entries, and the entry of the bundle itself.

Owns which ledger a bundle continues. For a locked test set it is the test set's own, so that a bundle cannot
hide a look after the run; otherwise it is the run folder's trail. The chain is `ledger`'s.
"""

from dataclasses import dataclass
from pathlib import Path

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.ledger.chain import Event, Ledger, LedgerHead, Stamp, append, opened, read_ledger
from protocols.storage.canonical import write_bytes
from protocols.storage.run_folder import RunFolder, RunRecord


@dataclass(frozen=True, slots=True)
class Continuation:
    """The ledger that a bundle continues.

    Attributes:
        known: the run's own ledger or trail.
        test_set: the ledger of the test set, which gets the entry as well; None where it is not locked.
    """

    known: Path
    test_set: Path | None

    @staticmethod
    def of(run: RunFolder, record: RunRecord, ledger: Path | None) -> "Continuation":
        """Find the ledger that a bundle of this run continues.

        Raises:
            BadInputError: the ledger of a locked test set is missing; a ledger was named for a test set that is not
                locked; or the run has no trail.
            EvidenceDiffersError: a chain is broken, or the ledger no longer continues the ledger of the run.
        """
        if not run.ledger.exists():
            if ledger:
                raise BadInputError(f"{run.root}: its test set is not locked; leave out --ledger.")
            read_ledger(run.trail)
            return Continuation(run.trail, None)
        known = read_ledger(run.ledger)
        where = ledger or (Path(record.ledger) if record.ledger else None)
        if where is None or not where.is_file():
            raise BadInputError(
                f"{run.root}: the ledger of its test set is not at {str(where)!r}; name it with --ledger."
            )
        _require_continued(read_ledger(where), known, where)
        return Continuation(run.ledger, where)

    def add(self, event: Event, stamp: Stamp, into: Path) -> LedgerHead:
        """Write the bundle's ledger with one more entry, which is added to the test set's ledger as well.

        Raises:
            EvidenceDiffersError: the test set's ledger was changed meanwhile.
        """
        into.parent.mkdir(parents=True, exist_ok=True)
        if self.test_set is None:
            write_bytes(into, self.known.read_bytes())
            append(into, event, stamp)
        else:
            with opened(self.test_set) as ledger:
                _require_continued(ledger.read(), read_ledger(self.known), self.test_set)
                ledger.append(event, stamp)
                write_bytes(into, self.test_set.read_bytes())
        return read_ledger(into).head


def _require_continued(now: Ledger, known: Ledger, where: Path) -> None:
    if not now.continues(known.head):
        raise EvidenceDiffersError(
            f"{where}: does not continue what the run knew of it ({known.head.entries} entries, the last "
            f"{known.head.sha256}): entries were changed or taken away, or it is the ledger of another test set."
        )
