"""The machine and the installed packages that a bundle was made with: system.json.

Owns the properties of a machine that may change a number (processor, instructions, libraries, versions) and their
text. The run's own record of its machine is run.json; nothing here reaches a result.
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
# The instructions by which NumPy, oneDNN and OpenBLAS select their code paths.
DECISIVE = re.compile(r"sse\w*|ssse\w*|avx\w*|amx\w*|fma\w*|f16c|bmi\d|asimd\w*|sve\w*|neon|bf16|i8mm")


def system_text(render_stack: Mapping[str, str]) -> str:
    """Return the text of system.json.

    Args:
        render_stack: the libraries that laid out the run's report, as run.json recorded them.
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
    """Return name -> version of every package of the suite's lock that is installed here."""
    found = {}
    for name in sorted({requirement.name for requirement in parse_requirements(locked_requirements())}):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # of another platform, or for tests only
    return found


def _processor() -> dict[str, object]:
    """Return model and decisive instructions; only the processor's name where the system has no record of them."""
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
