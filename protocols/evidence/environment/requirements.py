"""requirements.lock: the versions and hashes that the suite was tested with and that an auditor installs.

Owns its location and its parsing. Which of them are installed is in `system_info`. Source: pip's format of
requirements with hashes, as `uv pip compile --universal --generate-hashes` writes it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from protocols.errors import NotPossibleHereError

LOCK = "requirements.lock"
_ENTRY = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?")
_HASH = re.compile(r" +--hash=sha256:([0-9a-f]{64})(?: \\)?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One locked release.

    Attributes:
        name: of the package, in lower case.
        version: of the release.
        marker: the Python or platform that it is for; None for all. A package may have one release for each.
        sha256: of each file of the release, sorted; an installer takes one of them.
    """

    name: str
    version: str
    marker: str | None
    sha256: tuple[str, ...]


def locked_requirements() -> bytes:
    """Read the suite's own lock: beside `protocols` in a checkout, within it in an installed suite.

    Raises:
        NotPossibleHereError: it is in neither place.
    """
    protocols = Path(__file__).parents[2]
    for folder in (protocols, protocols.parent):
        if (folder / LOCK).is_file():
            return (folder / LOCK).read_bytes()
    raise NotPossibleHereError(f"{LOCK} is missing from this installation of cxr510k; install it again.")


def parse_requirements(content: bytes) -> tuple[Requirement, ...]:
    """Return the releases of a lock, in its order.

    Raises:
        ValueError: a line is neither a release, a hash nor a comment.
    """
    found: list[Requirement] = []
    hashes: list[str] = []
    for line in [*content.decode("utf-8").splitlines(), ""]:
        digest, entry = _HASH.fullmatch(line), _ENTRY.fullmatch(line)
        if digest:
            hashes.append(digest[1])
            continue
        if hashes:
            last = found.pop()
            found.append(Requirement(last.name, last.version, last.marker, tuple(sorted(hashes))))
            hashes = []
        if entry:
            found.append(Requirement(entry["name"].lower(), entry["version"], entry["marker"], ()))
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"{LOCK}: {line!r} is neither a release, a hash nor a comment")
    return tuple(found)
