import os
from datetime import UTC, datetime

import pytest

from protocols.errors import BadInputError, NotPossibleHereError, SuiteError
from reports.fonts.bundled import MONO, SANS, embedded_names, font_face_css
from reports.pdf import render_stack as stack
from reports.pdf.read_pdf import PrintedPdf
from reports.pdf.render_pdf import EPOCH, Attached, embedded_fonts, lay_out

DATE = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
NOTE = (Attached("note.txt", "A note", b"a note"),)


def document(body: str) -> str:
    css = f'{font_face_css()} body {{ font-family: "{SANS}" }} code {{ font-family: "{MONO}" }}'
    return f'<!doctype html><html lang="en"><head><title>T</title><style>{css}</style></head><body>{body}</body></html>'


def laid_out(body: str) -> bytes:
    return lay_out(document(body), date=DATE, attached=NOTE)


@pytest.fixture(autouse=True)
def _(libraries: None) -> None:
    """Every test here needs Pango and its kin."""


def test_words_and_attachments_come_back() -> None:
    content = PrintedPdf(laid_out("<p>Sensitivity 0.555 <code>e6fd</code></p>"))
    assert content.text == "Sensitivity 0.555 e6fd"
    assert content.attachments == {"note.txt": b"a note"}


def test_all_fonts_are_the_bundled_ones() -> None:
    body = "<p>a <b>b</b> <i>c</i> <span style='font-weight:500'>d</span> <code>e</code></p>"
    assert embedded_fonts(laid_out(body)) <= embedded_names()


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    "body",
    [
        '<img src="file:///etc/passwd" alt="x">',
        '<p style="background: url(FTP://example.org/x.png)">x</p>',
        "<style>li { list-style-image: url(file:///etc/passwd) }</style><ul><li>x</li></ul>",
        '<img src="https://example.org/x.png" alt="x">',
        '<link rel="attachment" href="file:///etc/passwd">',
        "<style>@import url(https://example.org/x.css);</style>",
        "<style>p { background: url(http://example.org/x.png) }</style><p>x</p>",
        "<style>@font-face { font-family: X; src: url(file:///x.otf) } p { font-family: X }</style><p>x</p>",
        '<svg viewBox="0 0 9 9"><title>t</title><image href="file:///etc/passwd" width="9" height="9"/></svg>',
        '<img alt="x" src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22>'
        '<image href=%22file:///etc/passwd%22 width=%229%22 height=%229%22/></svg>">',
    ],
)
def test_an_address_that_is_no_data_fails_the_render(body: str) -> None:
    with pytest.raises(SuiteError, match="nothing outside the document is ever fetched"):
        laid_out(body)


@pytest.mark.fault(32)
def test_a_relative_address_fails_the_render() -> None:
    with pytest.raises(SuiteError, match="could not be laid out faithfully"):
        laid_out('<img src="x.png" alt="x">')


def test_a_link_to_nowhere_is_refused() -> None:
    with pytest.raises(SuiteError, match="could not be laid out faithfully"):
        laid_out('<p><a href="#nowhere">there</a></p>')


@pytest.mark.fault(33, 35)
def test_a_letter_of_a_font_that_is_not_bundled_fails_the_render() -> None:
    with pytest.raises(BadInputError, match="a font that is not bundled"):
        laid_out("<p>\u2603\u0e01</p>")


@pytest.mark.fault(33)
@pytest.mark.parametrize("family", ["sans-serif", "Absent", "'Absent', serif"])
def test_a_missing_font_fails_the_render(family: str) -> None:
    with pytest.raises(BadInputError, match="a font that is not bundled"):
        laid_out(f'<p style="font-family: {family}">x</p>')


@pytest.mark.parametrize("before", [None, "5"])
def test_the_clock_is_put_back(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(EPOCH, raising=False)
    if before is not None:
        monkeypatch.setenv(EPOCH, before)
    laid_out("<p>x</p>")
    assert os.environ.get(EPOCH) == before


def test_the_same_document_gives_the_same_bytes() -> None:
    body = "<h1>A title</h1><p>0.555 <i>and</i> <code>e6</code></p>"
    assert laid_out(body) == laid_out(body)


@pytest.mark.fault(53)
def test_a_machine_without_pango_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "LIBRARIES", stack.LIBRARIES | {"pango": ("libabsent.so.9",)})
    with pytest.raises(
        NotPossibleHereError, match=r"needs pango, .*apt-get install -y --no-install-recommends"
    ):
        laid_out("<p>x</p>")
