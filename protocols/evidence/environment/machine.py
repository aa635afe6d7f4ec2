"""The machine and the packages of a run, and the check that no other distribution owns the suite's package names.

Owns what goes into the run record. It is recorded, never used: nothing here reaches a result.
"""

import os
import platform
import pwd
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

from protocols.errors import BadInputError, NotPossibleHereError
from protocols.evidence.environment.requirements import LOCK
from protocols.ledger.chain import Actor, Stamp
from protocols.storage.canonical import sha256_bytes, sha256_file
from protocols.storage.run_folder import RunRecord

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
    """Return the record of a run that begins now, without what only its stages know."""
    return RunRecord(
        started=utc_text(started),
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
    """Refuse to run where another distribution owns one of the suite's package names, which are plain words.

    Raises:
        NotPossibleHereError: another distribution owns a name; the error names both.
    """
    owners = metadata.packages_distributions()
    for room in ROOMS:
        strangers = sorted(set(owners.get(room, [])) - {DISTRIBUTION})
        if strangers:
            raise NotPossibleHereError(
                f"the package name {room!r} also belongs to {', '.join(strangers)} in this environment; "
                "install cxr510k in an environment of its own."
            )


def stamp(by: str | None, role: str, now: datetime, mono_ns: int) -> Stamp:
    """Return who, where, when and with what, for an entry of a ledger; ``by`` None stands for the account's name.

    Raises:
        BadInputError: name or role contain a character that cannot be printed.
    """
    account = _account()
    for option, text in (("--by", by or ""), ("--role", role)):
        if not text.isprintable():
            raise BadInputError(f"{option}: contains a character that cannot be printed; received {text!r}.")
    return Stamp(
        ts_utc=utc_text(now),
        mono_ns=mono_ns,
        actor=Actor(name=by or account, id=account, role=role),
        host=platform.node(),
        tool={"cxr510k": metadata.version(DISTRIBUTION), "source_sha256": source_sha256()},
    )


@cache
def source_sha256() -> str:
    """Return the SHA-256 over the installed suite's own files, by path; equal for installations of the same source.

    The lock is elsewhere in a checkout than in an installed suite, and is no source: it has a hash of its own.
    """
    root = Path(__file__).parents[3]
    files: list[Path] = []
    for room in ROOMS:
        files += [
            path
            for path in (root / room).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and path.name != LOCK
        ]
    listed = "".join(f"{sha256_file(path)}  {path.relative_to(root).as_posix()}\n" for path in sorted(files))
    return sha256_bytes(listed.encode("utf-8"))


def utc_text(moment: datetime) -> str:
    """Return a time as every record of the suite writes it: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _account() -> str:
    """Return the account that the process runs under, regardless of environment variables."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container
        return f"uid {os.getuid()}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
