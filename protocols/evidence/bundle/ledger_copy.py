"""The ledger of a bundle: what the run knew, whatever came since, and the entry of the bundle itself.

Owns which ledger a bundle continues. Where the test set is sealed it is the test set's own, so that a bundle cannot
hide a look that came after the run; elsewhere it is the run folder's trail. The chain is `ledger`'s.
"""

from dataclasses import dataclass
from pathlib import Path

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.ledger.chain import Event, Ledger, LedgerHead, Stamp, append, opened, read_ledger
from protocols.storage.canonical import write_bytes
from protocols.storage.run_folder import RunFolder, RunRecord


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a bundle's ledger begins with.

    Attributes:
        known: the run's own ledger or trail.
        test_set: the ledger of the test set, which gets the entry as well; None where it is not sealed.
    """

    known: Path
    test_set: Path | None

    @staticmethod
    def of(run: RunFolder, record: RunRecord, ledger: Path | None) -> "Continuation":
        """What a bundle of this run continues.

        Raises:
            BadInputError: the test set is sealed and its ledger is not there; or it is not, and one was named; or the
                run has no trail.
            EvidenceDiffersError: a chain is broken, or the ledger no longer continues what the run knew of it.
        """
        if not run.ledger.exists():
            if ledger:
                raise BadInputError(f"{run.root}: its test set is not sealed; leave out --ledger.")
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
        """Write the bundle's ledger with one more entry, which the test set's ledger then has, too.

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
