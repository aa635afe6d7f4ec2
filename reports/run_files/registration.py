"""The lock of the test set, from the run's snapshot of the ledger.

Owns the check that the look in the ledger is that of these results, and how many looks a table has room for. What a
look is, and how looks are counted, is `protocols.registration.history`.
"""

from dataclasses import dataclass, replace

from protocols.errors import EvidenceDiffersError
from protocols.ledger.chain import LedgerHead, read_ledger
from protocols.registration.history import LookHistory, VersionHistory, history_of_look
from protocols.registration.registry import LookMade, RegisteredVersion
from protocols.storage.run_folder import RunFolder
from validation.results.results import Results

MOST_LOOKS = 30


@dataclass(frozen=True, slots=True)
class Seal:
    """The lock of a test set at the time when the results were written.

    Attributes:
        story: of this look, without the texts of registered protocols: a number in them is not evidence here.
        head: of the ledger with these results: number of entries, and hash of the last.
        earlier: the looks before this one, oldest first; the newest of them where they are many.
        earlier_left_out: how many of the oldest are left out.
    """

    story: LookHistory
    head: LedgerHead
    earlier: tuple[LookMade, ...]
    earlier_left_out: int

    @property
    def locked(self) -> bool:
        """Whether the ledger records the registration of the protocol of this look."""
        return self.story.registered is not None

    @property
    def amendments(self) -> tuple[VersionHistory, ...]:
        """The registered versions after the first."""
        return self.story.versions[1:]


def read_seal(run: RunFolder, results: Results, results_sha256: str) -> Seal | None:
    """Read the lock of a run's test set; None where no ledger counted the look.

    Raises:
        EvidenceDiffersError: the chain of the ledger is broken, or it records no look that ended in these results with
            this protocol and threshold.
    """
    if not run.ledger.exists():
        return None
    ledger = read_ledger(run.ledger)
    story = history_of_look(ledger, results_sha256)
    if story is None:
        raise EvidenceDiffersError(
            f"{run.ledger}: has no look that ended in {run.results.name} (sha256 {results_sha256}); the two are not "
            "of one run. Validate again."
        )
    _refuse_other_look(run, story.look, results)
    return Seal(
        story=_without_texts(story),
        head=ledger.head,
        earlier=story.earlier[-MOST_LOOKS:],
        earlier_left_out=len(story.earlier[:-MOST_LOOKS]),
    )


def _refuse_other_look(run: RunFolder, look: LookMade, results: Results) -> None:
    there = (look.protocol.sha256, look.threshold.value, look.threshold.sha256, look.verdict)
    here = (
        results.protocol.sha256,
        results.operating_point.threshold,
        results.operating_point.sha256,
        results.verdict,
    )
    names = ("protocol", "threshold", "operating_point.json", "verdict")
    for name, recorded, found in zip(names, there, here, strict=True):
        if recorded != found:
            raise EvidenceDiffersError(
                f"{run.ledger}: look {look.number} (entry {look.seq}) was made with {name} {recorded}; "
                f"{run.results.name} has {found}."
            )


def _without_texts(story: LookHistory) -> LookHistory:
    def bare(version: RegisteredVersion) -> RegisteredVersion:
        return replace(version, text="")

    return replace(
        story,
        registered=bare(story.registered) if story.registered else None,
        versions=tuple(replace(entry, version=bare(entry.version)) for entry in story.versions),
    )
