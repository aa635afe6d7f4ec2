"""manifest.json: path, size and SHA-256 of every file of a folder, and the check against it.

It detects accidental and careless changes. An adversary who rewrites the manifest too is detected by the signature of
the bundle, not by this file.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.storage.canonical import json_text, sha256_file, write_text

SCHEMA = "cxr510k-manifest/1"
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, its path relative to the folder with forward slashes."""

    path: str
    size: int
    sha256: str


def write_manifest(folder: Path) -> None:
    """Write the manifest of a folder's present files."""
    entries = [asdict(entry) for entry in entries_of(folder)]
    write_text(folder / NAME, json_text({"schema": SCHEMA, "files": entries}))


def entries_of(folder: Path) -> tuple[Entry, ...]:
    """Return the entries of a folder's present files, without the manifest."""
    return tuple(_entry(folder, path) for path in _files(folder))


def read_manifest(folder: Path) -> tuple[Entry, ...]:
    """Read the recorded entries.

    Raises:
        BadInputError: there is no manifest, or it is not of this schema.
    """
    path = folder / NAME
    try:
        document = TypeAdapter(dict[str, object]).validate_json(path.read_bytes())
        if document.get("schema") != SCHEMA:
            raise BadInputError(f"{path}: is not {SCHEMA}.")
        return TypeAdapter(tuple[Entry, ...]).validate_python(document.get("files"))
    except OSError as error:
        raise BadInputError(f"{folder}: is no run folder ({NAME} cannot be read).") from error
    except ValidationError as error:
        raise BadInputError(f"{path}: is not {SCHEMA}.") from error


def differences(folder: Path) -> list[str]:
    """Return one sentence for each file that was changed, added or removed since the manifest was written."""
    recorded = {entry.path: entry for entry in read_manifest(folder)}
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    found = []
    for name in sorted({*recorded, *there}):
        if name not in there:
            found.append(f"{name}: recorded, but missing")
        elif name not in recorded:
            found.append(f"{name}: not recorded in the manifest")
        elif _entry(folder, there[name]) != recorded[name]:
            found.append(f"{name}: changed since it was recorded (sha256 {recorded[name].sha256})")
    return found


def check_manifest(folder: Path, *, copy_of: Path | None = None) -> None:
    """Refuse a folder that differs from its manifest; for a copy, the message names the original.

    Raises:
        EvidenceDiffersError: naming every file that differs.
        BadInputError: there is no manifest.
    """
    found = differences(folder)
    if found:
        raise EvidenceDiffersError(f"{copy_of or folder}: differs from its manifest.\n" + "\n".join(found))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)


def _entry(folder: Path, path: Path) -> Entry:
    return Entry(path.relative_to(folder).as_posix(), path.stat().st_size, sha256_file(path))
