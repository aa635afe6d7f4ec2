"""The environment of a run beside that of its verification: a table, never a finding.

Owns which versions are compared. A difference explains why a rerun may give other bytes; it is no fault of the
evidence. What a run records is in `environment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.errors import EvidenceDiffersError
from protocols.evidence.environment.machine import source_sha256
from protocols.ledger.chain import Ledger
from protocols.storage.json_document import read_document
from protocols.storage.run_folder import RUN_SCHEMA, RunRecord

NOT_RECORDED = "not recorded"
NOT_HERE = "not here"


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    """One property that may change bytes: as recorded, and as it is here."""

    name: str
    recorded: str
    here: str

    @property
    def differs(self) -> bool:
        """Whether the two values differ."""
        return self.recorded != self.here


def recorded_environment(content: bytes) -> RunRecord:
    """Read the record of a run from the bytes of run.json.

    Raises:
        EvidenceDiffersError: the bytes are not a run record.
    """
    return read_document(content, RunRecord, schema=RUN_SCHEMA, source="run.json", error=EvidenceDiffersError)


def compare_environments(recorded: RunRecord, trail: Ledger, here: RunRecord) -> tuple[EnvironmentRow, ...]:
    """Return the rows: Python, platform and suite first, then packages, then the libraries that lay out the PDF."""
    made = trail.entries[0].tool.get("source_sha256", NOT_RECORDED) if trail.entries else NOT_RECORDED
    return (
        EnvironmentRow("python", recorded.python, here.python),
        EnvironmentRow("platform", recorded.platform, here.platform),
        EnvironmentRow("cxr510k", recorded.suite, here.suite),
        EnvironmentRow("cxr510k source", made, source_sha256()),
        *_rows("", recorded.versions, here.versions),
        *_rows("render: ", recorded.render_stack, here.render_stack if recorded.render_stack else {}),
    )


def _rows(prefix: str, recorded: Mapping[str, str], here: Mapping[str, str]) -> list[EnvironmentRow]:
    return [
        EnvironmentRow(f"{prefix}{name}", recorded.get(name, NOT_RECORDED), here.get(name, NOT_HERE))
        for name in sorted({*recorded, *here})
    ]
