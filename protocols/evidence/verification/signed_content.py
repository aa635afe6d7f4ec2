"""The bytes of a bundle that its signature covers, and the rule that nothing else is read as a document.

Owns the way from the signature to a byte: signature -> statement -> payload manifest -> file. What the documents must
contain is for the checks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from protocols.errors import EvidenceDiffersError
from protocols.evidence.bundle.bag import PAYLOAD
from protocols.evidence.bundle.layout import BAG
from protocols.evidence.verification.file_reader import FileReader
from protocols.evidence.verification.file_tree import Tree
from protocols.evidence.verification.signed_statement import Promise

T = TypeVar("T")
DATA = f"{BAG}/{PAYLOAD}"


class NotCoveredError(Exception):
    """A file that the signature does not cover; reported as a check that was not made."""


@dataclass(frozen=True, slots=True)
class Covered:
    """What a verification knows of a bundle before it reads any of its documents.

    Attributes:
        tree: the files and folders.
        promise: the statement; None where it is not signed with the given key.
        listed: the payload manifest, path from the bundle's root -> SHA-256; None where it is not the signed one.
        digests: SHA-256 of the existing files, by their paths from the bundle's root.
        reading: the reader of files.
    """

    tree: Tree
    promise: Promise | None
    listed: Mapping[str, str] | None
    digests: Mapping[str, str]
    reading: FileReader

    def promised(self) -> Promise:
        """Return the statement.

        Raises:
            NotCoveredError: it is not signed with the given key.
        """
        if self.promise is None:
            raise NotCoveredError("no statement is signed with the given key")
        return self.promise

    def holds(self, name: str) -> bool:
        """Return whether a file of the payload exists or is listed."""
        path = f"{DATA}/{name}"
        return path in self.digests or path in (self.listed or {})

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 of a file of the payload as it is; None where it is missing."""
        return self.digests.get(f"{DATA}/{name}")

    def size(self, name: str) -> int:
        """Return the size in bytes of an existing file of the payload."""
        return self.tree.files[f"{DATA}/{name}"].st_size

    def payload(self) -> set[str]:
        """Return the files that the payload manifest lists, by their paths below data/.

        Raises:
            NotCoveredError: it is not the signed one.
        """
        return {name.removeprefix(f"{DATA}/") for name in self.signed_list()}

    def signed_list(self) -> Mapping[str, str]:
        """Return the payload manifest, path from the bundle's root -> SHA-256.

        Raises:
            NotCoveredError: it is not the signed one.
        """
        self.promised()
        if self.listed is None:
            raise NotCoveredError("the payload manifest is not the signed one")
        return self.listed

    def require(self, name: str) -> str:
        """Return the SHA-256 of a file of the payload that the signature covers.

        Raises:
            NotCoveredError: it is missing, or has other bytes than the signed ones.
        """
        path = f"{DATA}/{name}"
        sha256 = self.signed_list().get(path)
        if sha256 is None or sha256 != self.digests.get(path):
            raise NotCoveredError(f"{path} is not the signed one")
        return sha256

    def read(self, name: str, parse: Callable[[bytes], T]) -> T:
        """Parse a file of the payload.

        Raises:
            NotCoveredError: the signature does not cover it.
            UnreadableError: `parse` raised EvidenceDiffersError.
        """
        sha256 = self.require(name)
        try:
            return self.reading.parsed(f"{self.tree.root}/{DATA}/{name}", sha256, parse)
        except EvidenceDiffersError as error:
            raise UnreadableError(f"{DATA}/{name}", str(error)) from error


class UnreadableError(EvidenceDiffersError):
    """A covered file that cannot be parsed as what its name states.

    Attributes:
        file: its path from the bundle's root.
    """

    def __init__(self, file: str, words: str) -> None:
        super().__init__(words)
        self.file = file
