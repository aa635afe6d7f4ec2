"""How a verification reads: the hash of a file, and what a file says once its bytes are known to be the promised ones.

Owns reading each file no more often than needed. What is promised is `verification`'s; a reading that remembers, for
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
    """Reads every file anew."""

    def sha256(self, path: str, there: os.stat_result) -> str:  # noqa: ARG002 - for a reading that remembers
        """Of a regular file, as the file system described it when the bundle was walked."""
        return sha256_file(Path(path))

    def parsed(self, path: str, sha256: str, parse: Callable[[bytes], T]) -> T:
        """What a file says; the very bytes that are parsed are first held to their hash.

        Raises:
            EvidenceDiffersError: the file has changed since it was hashed, or `parse` raised it.
        """
        content = Path(path).read_bytes()
        if sha256_bytes(content) != sha256:
            raise EvidenceDiffersError("changed while it was verified.")
        return parse(content)
