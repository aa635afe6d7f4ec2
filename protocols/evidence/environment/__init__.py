"""The machine and the installed packages of a run, and what to install to repeat it.

In the order of reading: `machine`, `requirements`, `system_info`.
"""

from protocols.evidence.environment.machine import refuse_borrowed_names, run_record, source_sha256, stamp
from protocols.evidence.environment.requirements import Requirement, locked_requirements, parse_requirements
from protocols.evidence.environment.system_info import installed_packages, system_text

__all__ = [
    "Requirement",
    "installed_packages",
    "locked_requirements",
    "parse_requirements",
    "refuse_borrowed_names",
    "run_record",
    "source_sha256",
    "stamp",
    "system_text",
]
