"""What a PDF carries and prints, read page by page."""

import io

import pikepdf
import pytest

from protocols.errors import EvidenceDiffersError
from reports.pdf.read_pdf import PrintedPdf, same_content
from tests.protocols.handmade_bundle import pdf

HASH = "0123456789abcdef" * 4


def test_attachments_and_words_over_line_ends() -> None:
    printed = PrintedPdf(pdf(f"the hash {HASH}", {"a.json": b"{}"}))
    assert printed.attachments == {"a.json": b"{}"}
    assert printed.says(HASH)
    assert printed.says(f"the\nhash {HASH}")
    assert not printed.says("another")
    assert printed.says(HASH)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"nothing", b"\x00" * 1000])
def test_what_is_no_pdf_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(EvidenceDiffersError, match="is no PDF that can be read"):
        PrintedPdf(content)


def test_the_same_content_is_the_same_but_for_spaces_by_hand() -> None:
    one = pdf("0.555 and 0.2", {"a.json": b"{}"})
    assert same_content(one, pdf("0.555  and 0. 2", {"a.json": b"{}"}))
    assert not same_content(one, pdf("0.556 and 0.2", {"a.json": b"{}"}))
    assert not same_content(one, pdf("0.555 and 0.2", {"a.json": b"[]"}))
    assert not same_content(one, pdf("0.555 and 0.2", {"b.json": b"{}"}))


def hostile(contents: bytes, *, forms: int = 0) -> bytes:
    """One page with a content stream, and forms each of which draws the next hundred times."""
    document = pikepdf.new()
    drawn = pikepdf.Dictionary()
    for number in range(forms):
        form = document.make_stream(b"/X Do " * 100 if number else b"")
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox, form.Resources = [0, 0, 1, 1], pikepdf.Dictionary(XObject=drawn)
        drawn = pikepdf.Dictionary(X=form)
    page = document.add_blank_page()
    page.Resources = pikepdf.Dictionary(XObject=drawn)
    page.Contents = document.make_stream(contents)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        hostile(b"/X Do", forms=7),  # a million million forms
        hostile(b"/Absent Do"),
        hostile(b"/F1 10 Tf (a) Tj"),
        hostile(b"Do"),
        hostile(b"Tf"),
        hostile(b"TJ"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(EvidenceDiffersError, match="a page cannot be read"):
        PrintedPdf(content).says("anything")
