"""manifest.json: path, size and SHA-256 of every file of a folder, and the check against it.

It detects accidental and careless changes. An adversary who rewrites the manifest too is detected by the signature of
the bundle, not by this file.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from protocols.errors import BadInputError, EvidenceDiffersError, SuiteError
from protocols.storage.canonical import json_text, sha256_file, write_text
from protocols.storage.json_document import read_document

SCHEMA = "cxr510k-manifest/1"
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One file, its path relative to the folder with forward slashes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Manifest:
    files: tuple[ManifestEntry, ...]


def write_manifest(folder: Path) -> None:
    """Write the manifest of a folder's present files."""
    entries = [asdict(entry) for entry in entries_of(folder)]
    write_text(folder / NAME, json_text({"schema": SCHEMA, "files": entries}))


def entries_of(folder: Path) -> tuple[ManifestEntry, ...]:
    """Return the entries of a folder's present files, without the manifest."""
    return tuple(_entry(folder, path) for path in _files(folder))


def read_manifest(folder: Path) -> tuple[ManifestEntry, ...]:
    """Read the recorded entries.

    Raises:
        BadInputError: there is no manifest, or it is not of this schema.
    """
    path = folder / NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{folder}: is no run folder ({NAME} cannot be read).") from error
    return recorded_files(content, source=str(path))


def recorded_files(
    content: bytes, *, source: str = NAME, error: type[SuiteError] = BadInputError
) -> tuple[ManifestEntry, ...]:
    """Read the entries of a manifest.

    Raises:
        SuiteError: of the class ``error``; it is not of this schema.
    """
    return read_document(content, _Manifest, schema=SCHEMA, source=source, error=error).files


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


def _entry(folder: Path, path: Path) -> ManifestEntry:
    return ManifestEntry(path.relative_to(folder).as_posix(), path.stat().st_size, sha256_file(path))
