"""Document control: number, date, hashes and the stamps that limit the use of a report.

Owns the identification of a document on each of its pages. Everything comes from the run record and the results, so
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
    """The identification of a document.

    Attributes:
        number: the sponsor's, or formed from the protocol's id and version.
        date: when the run began, in UTC.
        stamps: in capitals, on every page.
        phantom: whether results are of synthetic radiographs, which every caption states.
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
    incomplete: bool,
) -> DocumentControl:
    """Identify the report of a run.

    A report is a DRAFT as long as a statement of the sponsor is missing, and where `draft_reason` names a reason; a
    confirmatory run is UNLOCKED where no ledger in it records the registration of its protocol.

    Args:
        record: of the run.
        results: of the run.
        results_sha256: of the bytes of results.json.
        locked: whether a ledger records the registration of the protocol.
        number: in the sponsor's system, None where the report has its own.
        incomplete: whether a statement of the sponsor is missing.

    Raises:
        BadInputError: the start in the record is not a UTC time.
    """
    confirmatory = results.protocol.stage == "confirmatory"
    draft = ("DRAFT",) if incomplete or draft_reason(results) else ()
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
    """Return why a report without missing statements is still a DRAFT; empty where it is not."""
    if results.protocol.stage == "exploratory":
        return "the protocol is exploratory"
    if results.reference_standard.kind == "single_reader":
        return "each image was read by one reader"
    return ""
