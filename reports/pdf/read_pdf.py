"""What a PDF carries and prints, for an auditor's check: as much of it is read as the question needs.

Owns reading attachments without laying out pages, and pages one by one until the words are found. The comparison of
whole documents is `render_stack`'s; what must be attached and printed is for
`protocols.evidence.verification.results_check`.
"""

import io
from collections.abc import Mapping

import pikepdf
from pypdf import PdfReader

from protocols.errors import EvidenceDiffersError


class PrintedPdf:
    """A PDF whose pages are read when they are asked for, and then remembered.

    Raises:
        EvidenceDiffersError: it is no PDF that can be read.
    """

    def __init__(self, content: bytes) -> None:
        self._read: list[str] = []
        try:
            self._pages = iter(PdfReader(io.BytesIO(content)).pages)
            self._attachments = _attachments(content)
        except Exception as error:  # the two readers raise whatever a broken file makes them stumble over
            raise EvidenceDiffersError(f"is no PDF that can be read ({type(error).__name__}).") from error

    @property
    def attachments(self) -> Mapping[str, bytes]:
        """By name."""
        return self._attachments

    def says(self, words: str) -> bool:
        """Whether a page prints these words, without regard to spaces and line ends.

        Raises:
            EvidenceDiffersError: a page cannot be read.
        """
        sought = "".join(words.split())
        if any(sought in page for page in self._read):
            return True
        while (page := self._next()) is not None:
            if sought in page:
                return True
        return False

    def _next(self) -> str | None:
        try:
            page = next(self._pages, None)
            text = None if page is None else "".join(page.extract_text().split())
        except Exception as error:
            raise EvidenceDiffersError(f"a page cannot be read ({type(error).__name__}).") from error
        if text is not None:
            self._read.append(text)
        return text


def _attachments(content: bytes) -> dict[str, bytes]:
    with pikepdf.open(io.BytesIO(content)) as document:
        return {name: file.get_file().read_bytes() for name, file in document.attachments.items()}
