"""The bytes of a bundle that its signature covers, and the rule that nothing else is read as a document.

Owns the way from the signature to a byte: signature -> statement -> payload manifest -> file. What the documents must
say is for the checks.
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
    """A file that nothing vouches for; told as a check that was not done."""


@dataclass(frozen=True, slots=True)
class Covered:
    """What a verification knows of a bundle before it reads any of its documents.

    Attributes:
        tree: what lies there.
        promise: the statement; None where the signature is not one of the given key.
        listed: the payload manifest, path from the bundle's root -> SHA-256; None where it is not the signed one.
        digests: SHA-256 of the files that are there, by their paths from the bundle's root.
        reading: how files are read.
    """

    tree: Tree
    promise: Promise | None
    listed: Mapping[str, str] | None
    digests: Mapping[str, str]
    reading: FileReader

    def promised(self) -> Promise:
        """The statement.

        Raises:
            NotCoveredError: it is not signed with the given key.
        """
        if self.promise is None:
            raise NotCoveredError("no statement is signed with the given key")
        return self.promise

    def holds(self, name: str) -> bool:
        """Whether a file of the payload is there, or is promised to be."""
        path = f"{DATA}/{name}"
        return path in self.digests or path in (self.listed or {})

    def digest(self, name: str) -> str | None:
        """SHA-256 of a file of the payload as it is; None where it is not there."""
        return self.digests.get(f"{DATA}/{name}")

    def size(self, name: str) -> int:
        """Bytes of a file of the payload that is there."""
        return self.tree.files[f"{DATA}/{name}"].st_size

    def payload(self) -> set[str]:
        """The files that the payload manifest lists.

        Raises:
            NotCoveredError: it is not the signed one.
        """
        return {name.removeprefix(f"{DATA}/") for name in self.signed_list()}

    def signed_list(self) -> Mapping[str, str]:
        """The payload manifest, path from the bundle's root -> SHA-256.

        Raises:
            NotCoveredError: it is not the signed one.
        """
        self.promised()
        if self.listed is None:
            raise NotCoveredError("the payload manifest is not the signed one")
        return self.listed

    def require(self, name: str) -> str:
        """SHA-256 of a file of the payload that the signature covers.

        Raises:
            NotCoveredError: it is not there, or other bytes than the signed ones.
        """
        path = f"{DATA}/{name}"
        sha256 = self.signed_list().get(path)
        if sha256 is None or sha256 != self.digests.get(path):
            raise NotCoveredError(f"{path} is not the signed one")
        return sha256

    def read(self, name: str, parse: Callable[[bytes], T]) -> T:
        """What a file of the payload says.

        Raises:
            NotCoveredError: the signature does not cover it.
            EvidenceDiffersError: it does not say it as it should.
        """
        sha256 = self.require(name)
        try:
            return self.reading.parsed(f"{self.tree.root}/{DATA}/{name}", sha256, parse)
        except EvidenceDiffersError as error:
            raise UnreadableError(f"{DATA}/{name}", str(error)) from error


class UnreadableError(EvidenceDiffersError):
    """A covered file that is not what its name says.

    Attributes:
        file: its path from the bundle's root.
    """

    def __init__(self, file: str, words: str) -> None:
        super().__init__(words)
        self.file = file
