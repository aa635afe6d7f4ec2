"""Document control: number, date, hashes and the stamps that say what a report may not be taken for.

Owns what identifies one document on each of its pages. Everything comes from the run record and the results, so
that the same run always makes the same document.
"""

from dataclasses import dataclass
from datetime import datetime

from protocols.storage.run_folder import RunRecord
from protocols.tables.records import PHANTOM
from reports.language.formatting import moment
from validation.results.results import Results


@dataclass(frozen=True, slots=True)
class DocumentControl:
    """What identifies a document.

    Attributes:
        number: of the document: the sponsor's, or made of the protocol's id and version.
        date: when the run began, in UTC.
        stamps: in capitals, on every page.
        phantom: whether results are of synthetic radiographs, which every caption says.
        suite: version of this package.
        protocol_sha256, results_sha256: of the bytes of both files.
    """

    number: str
    date: datetime
    stamps: tuple[str, ...]
    phantom: bool
    suite: str
    protocol_sha256: str
    results_sha256: str


def document_control(
    record: RunRecord,
    results: Results,
    results_sha256: str,
    *,
    locked: bool,
    number: str | None,
    gaps: bool,
) -> DocumentControl:
    """What identifies the report of a run.

    A report is a DRAFT as long as something is missing that only a sponsor can supply, and wherever `draft_reason`
    names a reason; a confirmatory run is UNLOCKED where no ledger in it tells that its protocol was registered.

    Args:
        record: of the run.
        results: of the run.
        results_sha256: of the bytes of results.json.
        locked: whether a ledger tells the registration of the protocol.
        number: in the sponsor's system, None where the report bears its own.
        gaps: whether something is missing that only a sponsor can supply.

    Raises:
        BadInputError: the record's time is not one.
    """
    confirmatory = results.protocol.stage == "confirmatory"
    draft = ("DRAFT",) if gaps or draft_reason(results) else ()
    stage = ("CONFIRMATORY" if confirmatory else "EXPLORATORY",)
    unlocked = ("UNLOCKED",) if confirmatory and not locked else ()
    phantom = (PHANTOM,) if results.cohort.synthetic else ()
    return DocumentControl(
        number=number or f"VR-{results.protocol.id}-{results.protocol.version}",
        date=moment(record.started),
        stamps=(*phantom, *stage, *unlocked, *draft),
        phantom=results.cohort.synthetic,
        suite=record.suite,
        protocol_sha256=results.protocol.sha256,
        results_sha256=results_sha256,
    )


def draft_reason(results: Results) -> str:
    """Say why a report without gaps is a DRAFT all the same; empty where nothing makes it one."""
    if results.protocol.stage == "exploratory":
        return "the protocol is exploratory"
    if results.reference_standard.kind == "single_reader":
        return "each image was read by one reader"
    return ""
