import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from protocols.errors import BadInputError
from reports.fonts import supplied as fonts
from reports.fonts.supplied import needed_fonts
from reports.fonts.supplied import supplied_fonts as read
from reports.pages.glyph_coverage import drawable, letters_of
from reports.pdf.read_pdf import PrintedPdf
from reports.pdf.render_pdf import embedded_fonts, lay_out
from reports.pdf.render_stack import missing_fonts, render_stack

DATE = datetime(2026, 1, 31, tzinfo=UTC)
PAGE = '<!doctype html><html lang="en"><head><title>T</title><style>{css}</style></head><body>{body}</body></html>'
LUNG, FIRE, LUNGS = "\u80ba", "\u708e", "\U0001fac1"


def box(height: int) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((50, 0))
    for place in ((50, height), (850, height), (850, 0)):
        pen.lineTo(place)
    pen.closePath()
    return pen.glyph()


def font(path: Path, letters: str, *, embedding: int = 0) -> Path:
    """A font that draws a box for each letter."""
    names = {ord(letter): f"u{ord(letter):04X}" for letter in letters}
    order = [".notdef", *names.values()]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    builder.setupGlyf({name: box(200 + 50 * place) for place, name in enumerate(order)})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (900, 50)))
    builder.setupHorizontalHeader(ascent=900, descent=-200)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    builder.setupOS2(fsType=embedding, usWeightClass=700)
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture
def box_font(tmp_path: Path) -> Callable[..., Path]:
    return lambda name, letters, **settings: font(tmp_path / name, letters, **settings)


def test_the_first_font_that_has_a_letter_draws_it(box_font: Callable[..., Path]) -> None:
    one, other = read([box_font("one.ttf", f" {LUNG}"), box_font("other.ttf", f" {LUNG}{FIRE}")])
    needed = needed_fonts(f"ab {LUNG}{FIRE}", (one, other))
    assert [(font.font.file, font.letters) for font in needed] == [
        ("one.ttf", frozenset(LUNG)),
        ("other.ttf", frozenset(FIRE)),
    ]
    assert needed_fonts("ab", (one, other)) == ()
    assert len(needed[0].embedded_names & needed[1].embedded_names) == 0


def test_signs_that_are_pictures_are_looked_for_under_one_name(box_font: Callable[..., Path]) -> None:
    both = read([box_font("one.ttf", f" {LUNG}"), box_font("other.ttf", f" {LUNGS}")])
    families = [font.families for font in needed_fonts({LUNG, LUNGS}, both)]
    assert families == [("cxr510k Supplied A",), ("cxr510k Supplied B", "emoji")]


def test_a_page_carries_the_letters_it_needs(box_font: Callable[..., Path]) -> None:
    (one,) = read([box_font("one.ttf", f" {LUNG}{FIRE}")])
    (needed,) = needed_fonts({LUNG}, (one,))
    part = TTFont(io.BytesIO(fonts._subset(needed.font, needed.letters)))
    assert set(part.getBestCmap()) == {ord(" "), ord(LUNG)}
    assert part["OS/2"].usWeightClass == 400
    assert fonts._subset(needed.font, needed.letters) == fonts._subset(needed.font, needed.letters)


@pytest.mark.parametrize(
    ("content", "told"), [(b"no font", "is not a font"), (None, "cannot be read"), (b"", "is not a font")]
)
def test_what_is_no_font_is_refused(content: bytes | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "x.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match=told):
        read([path])


@pytest.mark.parametrize(("embedding", "allowed"), [(0x2, False), (0x200, False), (0x8, True), (0xA, True)])
def test_the_makers_permission_is_heeded(
    embedding: int, allowed: bool, box_font: Callable[..., Path]
) -> None:
    path = box_font("one.ttf", " x", embedding=embedding)
    if allowed:
        assert read([path])[0].file == "one.ttf"
    else:
        with pytest.raises(BadInputError, match="do not allow"):
            read([path])


def test_a_font_of_pictures_is_refused(box_font: Callable[..., Path]) -> None:
    path = box_font("one.ttf", " x")
    opened = TTFont(path)
    del opened["glyf"], opened["loca"]
    opened.save(path)
    with pytest.raises(BadInputError, match="plain outlines"):
        read([path])


def test_a_font_without_a_space_is_refused(box_font: Callable[..., Path]) -> None:
    with pytest.raises(BadInputError, match="has no space"):
        read([box_font("one.ttf", "x")])


def test_too_many_and_two_of_one_name_are_refused(box_font: Callable[..., Path]) -> None:
    path = box_font("one.ttf", " x")
    with pytest.raises(BadInputError, match="at most 8"):
        read([path] * 9)
    with pytest.raises(BadInputError, match=r"one\.ttf: two supplied fonts"):
        read([path] * 2)


def test_the_stack_records_a_font_and_a_rerun_misses_it(
    libraries: None, box_font: Callable[..., Path]
) -> None:
    one, other = read([box_font("one.ttf", f" {LUNG}"), box_font("other.ttf", f" {FIRE}")])
    recorded = render_stack(needed_fonts({LUNG}, (one, other)))
    assert recorded["supplied font one.ttf"] == one.sha256
    assert "supplied font other.ttf" not in recorded
    assert missing_fonts(recorded, (one,)) == ()
    assert missing_fonts(recorded, (other,)) == (f"one.ttf (SHA-256 {one.sha256})",)


@pytest.mark.fault(35)
def test_chinese_and_emoji_are_drawn_by_the_font_that_was_given(
    libraries: None, box_font: Callable[..., Path]
) -> None:
    supplied = read([box_font("one.ttf", f" {LUNG}{FIRE}"), box_font("other.ttf", f" {LUNGS}")])
    body = f"<h1>Of {LUNG}{FIRE} in 12</h1><p>{LUNGS} <b>{LUNG} b</b> <i>{FIRE}</i> <code>{LUNG} 1</code></p>"
    page = drawable(lambda css: PAGE.format(css=css, body=body), {}, supplied)
    needed = needed_fonts(letters_of(page), supplied)
    pdf = lay_out(page, date=DATE, attached=(), fonts=needed)
    drawn = {name for name in embedded_fonts(pdf) if not name.startswith(("cxr510k-Sans", "cxr510k-Mono"))}
    assert {name.removesuffix("-Bold").removesuffix("-Oblique") for name in drawn} == {
        "cxr510k-Supplied-A",
        "emoji",
    }
    assert PrintedPdf(pdf).text.startswith(f"Of {LUNG}{FIRE} in 12")
    assert pdf == lay_out(page, date=DATE, attached=(), fonts=needed)
    with pytest.raises(BadInputError, match="not bundled"):
        lay_out(page, date=DATE, attached=())
