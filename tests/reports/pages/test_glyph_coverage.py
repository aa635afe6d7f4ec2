import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pikepdf
import pytest
from pydantic import BaseModel

from protocols.errors import BadInputError
from protocols.storage.run_folder import RunFolder
from reports.content.run_evidence import report_context
from reports.fonts.bundled import ARABIC, embedded_names, font_face_css
from reports.fonts.supplied import SuppliedFont
from reports.pages.all_figures import gallery
from reports.pages.glyph_coverage import drawable, letters_of, sources_of
from reports.pages.report import report_page
from reports.pdf.render_pdf import embedded_fonts, lay_out

DATE = datetime(2026, 1, 31, tzinfo=UTC)
NAME = "مستشفى الملك فهد"


def written(body: str) -> Callable[[str], str]:
    return lambda css: (
        f'<!doctype html><html lang="en"><head><title>T</title><style>{css}</style></head><body>{body}</body></html>'
    )


class Claim(BaseModel):
    finding: str


class Plan(BaseModel):
    title: str
    claim: Claim
    sites: tuple[str, ...] = ()
    words: dict[str, str] = {}


@dataclass(frozen=True)
class Level:
    level: str
    weight: float = 1.0


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ({"plan": Plan(title="肺", claim=Claim(finding="x"))}, "plan: title (肺) holds '肺' (U+80BA"),
        ({"plan": Plan(title="x", claim=Claim(finding="a 肺"))}, "plan: claim.finding (a 肺) holds"),
        ({"plan": Plan(title="x", claim=Claim(finding="x"), sites=("a", "肺"))}, "plan: sites.2 (肺)"),
        ({"plan": Plan(title="x", claim=Claim(finding="x"), words={"肺": "x"})}, "plan: words (肺)"),
        ({"run": [Level("F"), Level("肺")]}, "run: 2.level (肺)"),
        ({"the comment": "first\n肺"}, "the comment (first 肺)"),
        ({}, "The report holds '肺' (U+80BA, CJK UNIFIED IDEOGRAPH-80BA)"),
    ],
)
def test_the_field_and_the_character_are_named(sources: dict[str, object], told: str) -> None:
    with pytest.raises(BadInputError, match=re.escape(told)) as refused:
        drawable(written("肺"), sources)
    assert "report --font FILE" in str(refused.value)


def test_a_value_is_named_once_and_many_are_counted() -> None:
    levels = [Level(f"肺{number}") for number in range(7)]
    with pytest.raises(BadInputError) as refused:
        drawable(written("肺"), {"run": levels, "again": levels})
    told = str(refused.value)
    assert "again" not in told
    assert told.count("(U+80BA") == 5
    assert "2 more fields" in told


def test_only_what_is_printed_is_held_against_the_fonts() -> None:
    assert "<p>x" in drawable(written("<p>x"), {"run": Level("肺")})


def test_a_supplied_font_permits_its_characters() -> None:
    font = SuppliedFont("f.ttf", "0", b"", frozenset("肺"))
    with pytest.raises(BadInputError, match="'炎'") as refused:
        drawable(written("肺炎"), {}, (font,))
    assert "'肺'" not in str(refused.value)


def test_a_page_without_arabic_loads_no_arabic_font() -> None:
    assert font_face_css() in drawable(written("Ω ≥ é Я"), {})
    assert ARABIC not in drawable(written("Ω ≥ é Я"), {})
    assert ARABIC in drawable(written("ص"), {})


def test_letters_are_those_of_the_page() -> None:
    assert letters_of("a\n\tß") == frozenset("aß")


@pytest.mark.fault(35)
def test_arabic_is_shaped_and_set_from_right_to_left(libraries: None) -> None:
    body = f"<h1>Study at {NAME} in 12</h1><p>x <b>{NAME}</b> <i>{NAME}</i> <code>{NAME}</code> 0.5</p>"
    html = drawable(written(body), {})
    pdf = lay_out(html, date=DATE, attached=())
    assert "cxr510k-Arabic" in embedded_fonts(pdf)
    assert embedded_fonts(pdf) <= embedded_names()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        shapes = {
            code
            for entry in document.objects
            if isinstance(entry, pikepdf.Dictionary)
            and entry.get("/Subtype") == "/Type0"
            and "Arabic" in str(entry.BaseFont)
            for code in re.findall(rb"<([0-9a-f]{4})> <", entry.ToUnicode.read_bytes())
        }
    assert len(shapes) > len(set(NAME) - {" "}), "letters must join: more shapes than letters"


def test_every_source_of_a_report_is_searched(make: Callable[[str], RunFolder]) -> None:
    context = report_context(make("Maker 肺"))
    with pytest.raises(BadInputError, match=r"protocol\.toml: title \(Maker 肺\)"):
        report_page(context, gallery(context))
    assert next(iter(sources_of(context))) == "protocol.toml"
