"""Checks of a bundle's ledger: its chain is unbroken, ends at the signed entry and continues the run's own record.

Owns the checks of ``data/audit/ledger.jsonl``. The chain itself is in `ledger`; the rules about locking and looking
are in `registration`. A truncated or rewritten ledger has an unbroken chain: only the signed head detects it.
"""

from collections.abc import Iterator

from protocols.evidence.bundle.layout import LEDGER
from protocols.evidence.verification.check import Check, Problem, check_of
from protocols.evidence.verification.signed_content import DATA, Covered
from protocols.evidence.verification.signed_statement import Promise
from protocols.ledger.chain import Ledger, parse_ledger
from protocols.registration.consistency import faults_of
from protocols.registration.history import history_of_look
from protocols.registration.registry import registry_of
from protocols.storage.canonical import sha256_bytes

PATH = f"{DATA}/{LEDGER}"
CONFIRMATORY = "confirmatory"
OF_THE_TEST_SET, OF_THE_RUN = "ledger.jsonl", "trail.jsonl"


def ledger_of(content: bytes) -> Ledger:
    """Read the entries of a ledger whose chain is unbroken.

    Raises:
        EvidenceDiffersError: the chain is broken; the error names the line.
    """
    return parse_ledger(content, source="ledger")


def check_ledger(covered: Covered) -> Check:
    """Check that the chain is unbroken, ends at the signed entry, and that its last entry is this bundle's."""
    promise = covered.promised()
    if PATH in covered.digests and _last_line(covered) != promise.ledger.sha256:
        # From the last line alone, so that a ledger that the manifest does not cover is named too.
        return check_of("ledger", [Problem(PATH, "does not end with the entry that was signed")], "")
    ledger = covered.read(LEDGER, ledger_of)
    kept = f"{_entries(ledger)} in an unbroken chain that ends with the signed one"
    return check_of("ledger", _of_ledger(ledger, promise), kept)


def check_continuity(covered: Covered) -> Check:
    """Check that the ledger begins with the run's own: that of a locked test set, else the run folder's trail."""
    ledger = covered.read(LEDGER, ledger_of)
    own = OF_THE_TEST_SET if covered.holds(OF_THE_TEST_SET) else OF_THE_RUN
    before = covered.read(own, ledger_of)
    problems = (
        [] if ledger.continues(before.head) else [Problem(PATH, f"does not continue the run's own {own}")]
    )
    return check_of("continuity", problems, f"continues the run's own {own} ({_entries(before)})")


def check_order(covered: Covered) -> Check:
    """Check the rules about locking and looking, and that the ledger records the look of a confirmatory run.

    The run's own ledger identifies that look, as in its report: later looks may have ended in the same results.
    """
    ledger = covered.read(LEDGER, ledger_of)
    problems = [Problem(PATH, fault) for fault in faults_of(ledger)]
    story = None
    if not problems and covered.holds(OF_THE_TEST_SET):
        story = history_of_look(covered.read(OF_THE_TEST_SET, ledger_of), covered.promised().results_sha256)
    if (
        not problems
        and covered.promised().protocol.stage == CONFIRMATORY
        and (story is None or story.registered is None)
    ):
        problems.append(Problem(PATH, "contains no look of the registered protocol that gave these results"))
    kept = "of a test set that is not locked"
    if story is not None:
        looks = len(registry_of(ledger).looks_at(story.look.test_set))
        kept = f"look {story.look.number} at the locked test set, of {looks} in the ledger"
    return check_of("order", problems, f"every rule about locking and looking kept; {kept}")


def _of_ledger(ledger: Ledger, promise: Promise) -> Iterator[Problem]:
    if ledger.torn:
        yield Problem(PATH, "ends in a line that was never finished")
    if ledger.head != promise.ledger:
        yield Problem(
            PATH, f"has {ledger.head.entries} entries; the signed statement records {promise.ledger.entries}"
        )
    if ledger.entries and ledger.entries[-1].action != "bundle":
        yield Problem(PATH, "its last entry is not that of the bundle")


def _entries(ledger: Ledger) -> str:
    number = ledger.head.entries
    return "1 entry" if number == 1 else f"{number:,} entries"


def _last_line(covered: Covered) -> str:
    return covered.reading.parsed(f"{covered.tree.root}/{PATH}", covered.digests[PATH], _hash_of_last_line)


def _hash_of_last_line(content: bytes) -> str:
    return sha256_bytes(content.removesuffix(b"\n").rpartition(b"\n")[2])
