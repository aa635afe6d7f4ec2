"""The machine and the installed packages that a bundle was made with: system.json.

Owns which facts of a machine may change a number (processor, instructions, libraries, versions) and their text. What
the run itself recorded of its machine is run.json; nothing here reaches a result.
"""

import platform
import re
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from protocols.evidence.environment.machine import DISTRIBUTION, source_sha256
from protocols.evidence.environment.requirements import locked_requirements, parse_requirements
from protocols.parallel.local import cores
from protocols.storage.canonical import json_text

SCHEMA = "cxr510k-system/1"
CPU_RECORD = Path("/proc/cpuinfo")
# What NumPy, oneDNN and OpenBLAS choose their paths by.
DECISIVE = re.compile(r"sse\w*|ssse\w*|avx\w*|amx\w*|fma\w*|f16c|bmi\d|asimd\w*|sve\w*|neon|bf16|i8mm")


def system_text(render_stack: Mapping[str, str]) -> str:
    """The text of system.json.

    Args:
        render_stack: what laid out the run's report, as run.json recorded it.
    """
    return json_text(
        {
            "schema": SCHEMA,
            "suite": {"version": metadata.version(DISTRIBUTION), "source_sha256": source_sha256()},
            "python": {
                "version": platform.python_version(),
                "implementation": platform.python_implementation(),
            },
            "platform": platform.platform(),
            "processor": {"architecture": platform.machine(), "cores": cores(), **_processor()},
            "libraries": dict(render_stack),
            "packages": dict(installed_packages()),
        }
    )


@cache
def installed_packages() -> Mapping[str, str]:
    """Name -> installed version of everything in the suite's lock that is installed here."""
    found = {}
    for name in sorted({requirement.name for requirement in parse_requirements(locked_requirements())}):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # of another platform, or of those who only test
    return found


def _processor() -> dict[str, object]:
    """Model and decisive instructions; where the system has no record of them, the name that it gives alone."""
    try:
        lines = CPU_RECORD.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {"model": platform.processor(), "instructions": []}
    values: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        values.setdefault(name.strip(), value.strip())
    flags = values.get("flags", values.get("Features", "")).split()
    return {
        "model": values.get("model name", platform.processor()),
        "instructions": sorted({flag for flag in flags if DECISIVE.fullmatch(flag)}),
    }
