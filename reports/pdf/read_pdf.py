"""What a PDF carries and prints, for an auditor's check: as much of it is read as the question needs.

Owns attachments, read without any page; words, read page by page until they are found; and whether two PDFs say the
same, whatever laid them out. How a page is read is `page_text`; what must be attached and printed is for
`protocols.evidence.verification.results_check`.
"""

import io
from collections.abc import Mapping

import pikepdf

from protocols.errors import EvidenceDiffersError
from reports.pdf.page_text import pages_of


class PrintedPdf:
    """A PDF whose pages are read when they are asked for, and then remembered.

    Raises:
        EvidenceDiffersError: it is no PDF that can be read.
    """

    def __init__(self, content: bytes) -> None:
        self._read: list[str] = []
        try:
            document = pikepdf.open(io.BytesIO(content))
            self._pages = pages_of(document)
            self._attachments = {
                name: file.get_file().read_bytes() for name, file in document.attachments.items()
            }
        except Exception as error:  # pikepdf raises whatever a broken file makes it stumble over
            raise EvidenceDiffersError(f"is no PDF that can be read ({type(error).__name__}).") from error

    @property
    def attachments(self) -> Mapping[str, bytes]:
        """The attachments by name."""
        return self._attachments

    @property
    def text(self) -> str:
        """The words of all pages, with a space where a line or a font ends.

        Raises:
            EvidenceDiffersError: a page cannot be read.
        """
        while self._next() is not None:
            pass
        return " ".join(" ".join(self._read).split())

    def says(self, words: str) -> bool:
        """Return whether a page prints these words, without regard to spaces and line ends.

        Raises:
            EvidenceDiffersError: a page cannot be read.
        """
        sought = _bare(words)
        if any(sought in _bare(page) for page in self._read):
            return True
        while (page := self._next()) is not None:
            if sought in _bare(page):
                return True
        return False

    def _next(self) -> str | None:
        try:
            page = next(self._pages, None)
        except Exception as error:
            raise EvidenceDiffersError(f"a page cannot be read ({type(error).__name__}).") from error
        if page is None:
            return None
        self._read.append(" ".join(page.pieces))
        return self._read[-1]


def same_content(one: bytes, other: bytes) -> bool:
    """Return whether two PDFs print the same but for spaces and carry the same attachments.

    Raises:
        EvidenceDiffersError: one of them is no PDF that can be read.
    """
    first, second = PrintedPdf(one), PrintedPdf(other)
    return first.attachments == second.attachments and _bare(first.text) == _bare(second.text)


def _bare(text: str) -> str:
    return "".join(text.split())
