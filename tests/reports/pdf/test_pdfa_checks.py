"""Every rule of the lint is broken in turn in a document that keeps them all."""

import io
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from protocols.errors import SuiteError
from reports.fonts.bundled import SANS, embedded_names, font_face_css
from reports.pdf import pdfa_checks as archival
from reports.pdf.pdfa_checks import check, verapdf
from reports.pdf.render_pdf import Attached, lay_out

DATE = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
EVIDENCE = {"line_listing.csv": b"image_id\n1\n", "results.json": b"{}"}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
BODY = f"""<h1>A</h1><h2 id="b">B</h2><p><a href="#b">to B</a></p>
<table><thead><tr><th>x</th><th>y</th></tr></thead><tbody><tr><th scope="row">r</th><td>1</td></tr></tbody></table>
<img src="data:image/png;base64,{DOT}" alt="A dot"><svg viewBox="0 0 9 9" width="9" height="9"><title>A line</title>
<path d="M0 0L9 9" stroke="#000"/></svg>"""


def laid_out(body: str) -> bytes:
    css = f'{font_face_css()} body {{ font-family: "{SANS}" }} h1, h2, th {{ font-weight: 600 }}'
    page = f'<!doctype html><html lang="en"><head><title>T</title><style>{css}</style></head><body>{body}</body></html>'
    attached = [Attached(name, "Evidence", content) for name, content in EVIDENCE.items()]
    return lay_out(page, date=DATE, attached=attached)


@pytest.fixture(scope="module")
def sound() -> bytes:
    return laid_out(BODY)


@pytest.fixture(autouse=True)
def _(libraries: None) -> None:
    """Every test here needs Pango and its kin."""


def rules(pdf: bytes, attached: dict[str, bytes] = EVIDENCE, fonts: frozenset[str] | None = None) -> set[str]:
    return {finding.rule for finding in check(pdf, attached=attached, fonts=fonts or embedded_names())}


def elements(document: Pdf, kind: str) -> list[Dictionary]:
    return [
        entry
        for entry in document.objects
        if isinstance(entry, Dictionary) and entry.get("/Type") == "/StructElem" and str(entry.S) == kind
    ]


def broken(pdf: bytes, act: Callable[[Pdf], object], **saved: object) -> bytes:
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        act(document)
        document.save(written, **saved)
    return written.getvalue()


def first_picture(document: Pdf) -> pikepdf.Stream:
    return next(
        entry
        for entry in document.objects
        if isinstance(entry, pikepdf.Stream) and entry.get("/Subtype") == "/Image"
    )


def descriptor(document: Pdf) -> Dictionary:
    return next(
        entry
        for entry in document.objects
        if isinstance(entry, Dictionary) and entry.get("/Type") == "/FontDescriptor"
    )


def relabel(document: Pdf, **declared: str) -> None:
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        for key, value in declared.items():
            xmp[key.replace("_", ":")] = value


def act_on_link(document: Pdf, action: Dictionary) -> None:
    link = next(
        entry
        for entry in document.objects
        if isinstance(entry, Dictionary) and entry.get("/Subtype") == "/Link"
    )
    link.A = action


def no_type(document: Pdf) -> None:
    del document.Root.AF[0].EF.F.Subtype


BREAKS: dict[str, tuple[str, Callable[[Pdf], object]]] = {
    "not tagged": ("marked", lambda pdf: pdf.Root.MarkInfo.__setattr__("Marked", False)),
    "no language": ("lang", lambda pdf: pdf.Root.__delattr__("Lang")),
    "no metadata": ("xmp", lambda pdf: pdf.Root.__delattr__("Metadata")),
    "another part": ("xmp", lambda pdf: relabel(pdf, pdfaid_part="2")),
    "another level": ("xmp", lambda pdf: relabel(pdf, pdfaid_conformance="B")),
    "another title": ("title", lambda pdf: relabel(pdf, dc_title="U")),
    "no title": ("title", lambda pdf: pdf.docinfo.__delitem__("/Title")),
    "name of the file shown": (
        "title",
        lambda pdf: pdf.Root.ViewerPreferences.__setattr__("DisplayDocTitle", False),
    ),
    "no output intent": ("output-intent", lambda pdf: pdf.Root.__delattr__("OutputIntents")),
    "no structure": ("structure", lambda pdf: pdf.Root.__delattr__("StructTreeRoot")),
    "heading skips": ("headings", lambda pdf: elements(pdf, "/H2")[0].__setattr__("S", Name("/H3"))),
    "heading starts low": ("headings", lambda pdf: elements(pdf, "/H1")[0].__setattr__("S", Name("/H2"))),
    "no alternative": ("alternative-text", lambda pdf: elements(pdf, "/Figure")[1].__delattr__("Alt")),
    "empty alternative": (
        "alternative-text",
        lambda pdf: elements(pdf, "/Figure")[0].__setattr__("Alt", " "),
    ),
    "no header cell": (
        "table-headers",
        lambda pdf: [cell.__setattr__("S", Name("/TD")) for cell in elements(pdf, "/TH")],
    ),
    "no scope": ("header-scope", lambda pdf: elements(pdf, "/TH")[0].A.__delattr__("Scope")),
    "an attachment more": ("attachments", lambda pdf: pdf.attachments.__setitem__("x.txt", b"x")),
    "an attachment less": ("attachments", lambda pdf: pdf.attachments.__delitem__("results.json")),
    "an attachment changed": ("attachments", lambda pdf: pdf.Root.AF[0].EF.F.write(b"image_id\n2\n")),
    "not associated": ("associated-files", lambda pdf: pdf.Root.__delattr__("AF")),
    "associated twice": ("associated-files", lambda pdf: pdf.Root.AF.append(pdf.Root.AF[0])),
    "no relation": ("associated-files", lambda pdf: pdf.Root.AF[0].__delattr__("AFRelationship")),
    "no type": ("associated-files", no_type),
    "script": (
        "active-content",
        lambda pdf: pdf.Root.__setattr__("OpenAction", Dictionary(S=Name.JavaScript, JS="1")),
    ),
    "link to a site": (
        "active-content",
        lambda pdf: act_on_link(pdf, Dictionary(S=Name.URI, URI="https://example.org")),
    ),
    "link to a program": (
        "active-content",
        lambda pdf: act_on_link(pdf, pdf.make_indirect(Dictionary(S=Name.Launch, F="x"))),
    ),
    "smoothed": ("interpolate", lambda pdf: first_picture(pdf).__setattr__("Interpolate", True)),
    "deeply nested": (
        "nesting",
        lambda pdf: pdf.pages[0].__setattr__("Contents", pdf.make_stream(b"q\n" * 29 + b"Q\n" * 29)),
    ),
    "font left out": ("fonts-embedded", lambda pdf: descriptor(pdf).__delattr__("FontFile3")),
    "another font": (
        "fonts-bundled",
        lambda pdf: descriptor(pdf).__setattr__("FontName", Name("/ABCDEF+DejaVu-Sans")),
    ),
}


def test_a_sound_document_breaks_no_rule(sound: bytes) -> None:
    assert check(sound, attached=EVIDENCE, fonts=embedded_names()) == ()


@pytest.mark.parametrize("name", list(BREAKS))
def test_a_broken_rule_is_named(name: str, sound: bytes) -> None:
    rule, act = BREAKS[name]
    assert rule in rules(broken(sound, act))


def test_encryption_is_found(sound: bytes) -> None:
    locked = broken(sound, lambda pdf: None, encryption=pikepdf.Encryption(owner="x", user=""))
    assert "encryption" in rules(locked)


def test_a_font_of_the_viewer_is_found(sound: bytes) -> None:
    def add(pdf: Pdf) -> None:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        pdf.pages[0].Resources.Font["/Z"] = pdf.make_indirect(font)

    assert "fonts-embedded" in rules(broken(sound, add))


def test_a_letter_without_a_glyph_is_found(sound: bytes) -> None:
    def act(pdf: Pdf) -> None:
        for entry in pdf.objects:
            if isinstance(entry, Dictionary) and entry.get("/Subtype") == "/Type0":
                entry.Encoding = pdf.make_stream(b"")
                del entry.ToUnicode

    assert {"fonts-glyphs", "fonts-unicode"} <= rules(broken(sound, act))


def test_the_evidence_is_that_given(sound: bytes) -> None:
    assert rules(sound, EVIDENCE | {"results.json": b"[]"}) == {"attachments"}
    assert rules(sound, fonts=frozenset({"x"})) == {"fonts-bundled"}


@pytest.mark.parametrize(
    "body",
    [
        "<h1>A</h1><h3>B</h3>",
        "<table><tr><td>1</td></tr></table>",
        '<p><a href="https://example.org">x</a></p>',
        '<svg viewBox="0 0 9 9" width="9" height="9"><path d="M0 0L9 9" stroke="#000"/></svg>',
    ],
)
def test_a_document_that_breaks_a_rule_is_not_made(body: str) -> None:
    with pytest.raises(SuiteError, match="A template is at fault"):
        laid_out(body)


def test_header_cells_say_what_they_head_and_can_be_looked_up(sound: bytes) -> None:
    with pikepdf.open(io.BytesIO(sound)) as document:
        assert [str(cell.A.Scope) for cell in elements(document, "/TH")] == ["/Column", "/Column", "/Row"]
        (cell,) = elements(document, "/TD")
        names = list(document.Root.StructTreeRoot.IDTree.Names)
        looked_up = {str(key): entry.S for key, entry in zip(names[::2], names[1::2], strict=True)}
        assert [looked_up[str(header)] for header in cell.A.Headers] == ["/TH", "/TH"]
        assert isinstance(document.Root.StructTreeRoot.IDTree.Names, Array)


def test_without_verapdf_it_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert verapdf(b"").status == "SKIPPED"


@pytest.mark.parametrize(("word", "status"), [("PASS", "PASSED"), ("FAIL", "FAILED")])
def test_verapdf_is_asked_where_it_is(
    word: str, status: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / archival.VERAPDF
    program.write_text(f'#!/bin/sh\necho "{word} $5 $4"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    answer = verapdf(b"%PDF-1.7")
    assert (answer.status, answer.told) == (status, f"{word} report.pdf 3a")
