"""Reading of files by a verification: the hash of a file, and its content once the hash is confirmed.

Owns reading each file no more often than needed. The expected hashes are `verification`'s; a reader with a cache, for
the thousands of verifications of a tamper test, is `tampering`'s.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from protocols.errors import EvidenceDiffersError
from protocols.storage.canonical import sha256_bytes, sha256_file

T = TypeVar("T")


class FileReader:
    """A reader without a cache."""

    def sha256(self, path: str, there: os.stat_result) -> str:  # noqa: ARG002 - for a reader with a cache
        """Return the hash of a regular file; ``there`` is its status when the bundle was walked."""
        return sha256_file(Path(path))

    def parsed(self, path: str, sha256: str, parse: Callable[[bytes], T]) -> T:
        """Parse a file, after its bytes were compared with their hash.

        Raises:
            EvidenceDiffersError: the file has changed since it was hashed, or `parse` raised this error.
        """
        content = Path(path).read_bytes()
        if sha256_bytes(content) != sha256:
            raise EvidenceDiffersError("changed while it was verified.")
        return parse(content)
