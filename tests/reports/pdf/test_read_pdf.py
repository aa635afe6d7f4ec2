"""What a PDF carries and prints, read page by page."""

import pytest

from protocols.errors import EvidenceDiffersError
from reports.pdf.read_pdf import PrintedPdf
from reports.pdf.render_stack import content_of
from tests.protocols.handmade_bundle import pdf

HASH = "0123456789abcdef" * 4


def test_attachments_and_words_over_line_ends() -> None:
    printed = PrintedPdf(pdf(f"the hash {HASH}", {"a.json": b"{}"}))
    assert printed.attachments == {"a.json": b"{}"}
    assert printed.says(HASH)
    assert printed.says(f"the\nhash {HASH}")
    assert not printed.says("another")
    assert printed.says(HASH)


def test_attachments_against_the_reader_of_whole_documents() -> None:
    content = pdf("words", {"a.json": b"{}", "b.csv": b"1,2\n"})
    assert PrintedPdf(content).attachments == content_of(content).attachments


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"nothing", b"\x00" * 1000])
def test_what_is_no_pdf_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(EvidenceDiffersError, match="is no PDF that can be read"):
        PrintedPdf(content)
