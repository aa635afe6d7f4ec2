"""A BagIt bag: tag files and SHA-256 manifests around a folder ``data``.

Owns the text of the tag files, the names that a bag may contain and the reading of a manifest. The content of ``data``
is `create`'s; whether a bag is complete is `verification`'s. Anyone can write a new manifest; the signature over both
manifests detects that. Source: RFC 8493 (BagIt 1.0).
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.storage.canonical import sha256_file, write_text

DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
PAYLOAD = "data"
TAG_FILES = (DECLARATION, INFO, MANIFEST)  # what the tag manifest lists; itself it cannot list

DECLARED = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_ENCODED = {"%": "%25", "\r": "%0D", "\n": "%0A"}  # RFC 8493, 2.1.3
_DECODED = {code: letter for letter, code in _ENCODED.items()}
_LINE = re.compile("([0-9a-f]{64})  ([^\r\n]+)")


def write_bag(root: Path, info: Mapping[str, str]) -> None:
    """Write tag files and manifests beside the ``data`` of a folder.

    Args:
        root: folder that contains ``data`` and nothing else.
        info: label -> value of bag-info.txt, in this order; Payload-Oxum is added.

    Raises:
        BadInputError: a file is a link or no plain file, or its name is not portable.
    """
    files, faults = files_of(root)
    if faults:
        raise BadInputError("\n".join(faults))
    size = sum(path.stat().st_size for path in files.values())
    write_text(root / DECLARATION, DECLARED)
    write_text(root / INFO, _info_text({**info, "Payload-Oxum": f"{size}.{len(files)}"}))
    write_text(root / MANIFEST, manifest_text({name: sha256_file(path) for name, path in files.items()}))
    write_text(root / TAG_MANIFEST, manifest_text({name: sha256_file(root / name) for name in TAG_FILES}))


def files_of(root: Path) -> tuple[dict[str, Path], list[str]]:
    """Return every plain file below a folder by its path with forward slashes, and a sentence for each bad entry.

    Links are never followed. Not allowed are links, pipes and the like, names that are not UTF-8 or not composed (NFC),
    and names, of folders too, that differ from another in case alone: such names are not portable.
    """
    files: dict[str, Path] = {}
    faults: list[str] = []
    spelled: dict[str, str] = {}
    for name, entry in sorted(_entries(root, PurePosixPath())):
        fault = _fault(name, entry)
        if fault:
            faults.append(f"{shown(name)}: {fault}.")
            continue
        twin = spelled.setdefault(name.casefold(), name)
        if twin != name:
            faults.append(f"{name}: differs from {twin} in upper and lower case alone; rename one.")
        elif entry.is_file(follow_symlinks=False):
            files[name] = Path(entry.path)
    return files, faults


def manifest_text(digests: Mapping[str, str]) -> str:
    """Return the text of a manifest: hash, two spaces, path; sorted by path, so that equal files give equal bytes."""
    return "".join(f"{digests[name]}  {_encoded(name)}\n" for name in sorted(digests))


def parse_manifest(content: bytes, *, source: str) -> dict[str, str]:
    """Read the bytes of a manifest; return path -> SHA-256.

    Raises:
        EvidenceDiffersError: a line is not written as BagIt and the suite write it, leads out of the bag, or is a
            duplicate; the error names the line.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceDiffersError(f"{source}: is not UTF-8.") from error
    if text and not text.endswith("\n"):
        raise EvidenceDiffersError(f"{source}: its last line is cut short.")
    digests: dict[str, str] = {}
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        found = _LINE.fullmatch(line)
        name = _decoded(found[2]) if found else None
        if found is None or name is None:
            raise EvidenceDiffersError(f"{source}: line {number} is no line of a BagIt manifest.")
        if name in digests:
            raise EvidenceDiffersError(f"{source}: line {number} lists {shown(name)} a second time.")
        if not is_inside(name):
            raise EvidenceDiffersError(f"{source}: line {number} leads out of the bag ({shown(name)}).")
        digests[name] = found[1]
    return digests


def is_inside(name: str) -> bool:
    """Return whether a path with forward slashes stays below the folder that it is relative to, on any system."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") for part in parts) and not re.match(
        r"~|[A-Za-z]:|.*[\\\0]", name, re.DOTALL
    )


def name_fault(name: str) -> str | None:
    """Return why a path with forward slashes is not portable; None where it is."""
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        return "its name is not UTF-8; rename it"
    if not unicodedata.is_normalized("NFC", name):
        return "its name is not composed (Unicode NFC); rename it"
    if not is_inside(name):
        return "its name would lead out of the folder on some systems; rename it"
    return None


def shown(name: str) -> str:
    """Return a path for a message, with control characters as their codes."""
    return name if name.isprintable() else name.encode("unicode_escape").decode("ascii")


def _entries(folder: Path, inside: PurePosixPath) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    with os.scandir(folder) as found:
        for entry in found:
            name = inside / entry.name
            yield name.as_posix(), entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path), name)


def _fault(name: str, entry: "os.DirEntry[str]") -> str | None:
    mode = entry.stat(follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        return "is a link; put the file itself in its place"
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "is neither a file nor a folder"
    return name_fault(name)


def _info_text(info: Mapping[str, str]) -> str:
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in info.items())


def _encoded(name: str) -> str:
    return "".join(_ENCODED.get(letter, letter) for letter in name)


def _decoded(name: str) -> str | None:
    """Decode the path of a line; None where a percent sign is not one of the three codes."""
    decoded = re.sub("%25|%0D|%0A", lambda code: _DECODED[code[0]], name)
    return decoded if _encoded(decoded) == name else None
