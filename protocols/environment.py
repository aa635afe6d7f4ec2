"""The machine and the packages that a run was made with, and whether the suite's names are its own.

Owns what goes into the run record. It is told, never used: nothing here reaches a result.
"""

import platform
from datetime import UTC, datetime
from importlib import metadata

from protocols.errors import NotPossibleHereError
from protocols.run_folder import RunRecord

DISTRIBUTION = "cxr510k"
ROOMS = ("cxr510k", "model", "protocols", "reports", "validation")
RECORDED_PACKAGES = (
    "numpy",
    "scipy",
    "pydantic",
    "pyarrow",
    "pillow",
    "keras",
    "tensorflow",
    "weasyprint",
    "matplotlib",
)


def run_record(command: str, started: datetime) -> RunRecord:
    """The record of a run that begins now, without what only its stages know."""
    return RunRecord(
        started=started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=command,
        suite=metadata.version(DISTRIBUTION),
        python=platform.python_version(),
        platform=platform.platform(),
        host=platform.node(),
        versions={name: _version(name) for name in RECORDED_PACKAGES},
        image_root=None,
        device=None,
        durations_seconds={},
        images_per_second={},
        render_stack={},
    )


def refuse_borrowed_names() -> None:
    """Refuse to run where another distribution owns a name of the suite's packages, which are plain words.

    Raises:
        NotPossibleHereError: naming the package and who owns it.
    """
    owners = metadata.packages_distributions()
    for room in ROOMS:
        strangers = sorted(set(owners.get(room, [])) - {DISTRIBUTION})
        if strangers:
            raise NotPossibleHereError(
                f"the package name {room!r} also belongs to {', '.join(strangers)} in this environment; "
                "install cxr510k in an environment of its own."
            )


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
