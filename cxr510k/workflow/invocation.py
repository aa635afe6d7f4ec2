"""One command as the run record and the audit trail record it: what was typed, when and by whom."""

from dataclasses import dataclass
from datetime import datetime

from protocols.evidence.environment.machine import run_record
from protocols.registration.register import Stamping
from protocols.storage.run_folder import RunRecord


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command.

    Attributes:
        command: as typed, without the program's name.
        started: when it began; aware of its time zone.
        stamping: who, where and when, asked anew for each entry of a trail or ledger.
    """

    command: str
    started: datetime
    stamping: Stamping

    def run_record(self) -> RunRecord:
        """Return the record of a run that begins now, without what only its stages know."""
        return run_record(self.command, self.started)
