"""The measure of letters: against what the layout engine makes of them, and what is left of a name that is too long."""

import pytest

from reports.fonts.text_width import shortened, width
from reports.language import formatting
from reports.provenance.sourced_numbers import marking, sourced

NAMES = ["Saint Mary's Hospital, North Wing", "Saint Mary's Hospital, South Wing", "x" * 200, "PA", ""]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("room", [12.0, 60.0, 90.0])
@pytest.mark.parametrize("tone", ["ink", "strong"])
def test_what_is_left_fits(name: str, room: float, tone: str) -> None:
    assert width(shortened(name, room, tone), tone) <= room


def test_names_that_differ_at_their_ends_stay_different() -> None:
    assert shortened(NAMES[0], 110) != shortened(NAMES[1], 110)


def test_what_fits_stays_whole() -> None:
    assert shortened("Female, PA", 60) == "Female, PA"


def test_all_digits_are_alike_and_strong_letters_are_wider() -> None:
    assert width("0.111") == width("0.888")
    assert width("Sensitivity", "strong") > width("Sensitivity")


def test_letters_of_another_font_have_their_room() -> None:
    assert width("医院") == pytest.approx(2 * 7.6)
    assert width(shortened("北京大学第一医院放射科", 60)) <= 60


def test_marks_of_sources_take_no_room() -> None:
    with marking():
        value = sourced(0.555, "results.json")
        assert width(formatting.decimal(value)) == width("0.555")


@pytest.mark.parametrize("text", ["0.555 (0.497–0.612)", "Reference negative, n = 4,258"])
def test_a_line_is_as_wide_as_the_layout_makes_it(text: str, libraries: None) -> None:
    from weasyprint import HTML

    from reports.fonts.bundled import SANS, font_face_css

    page = HTML(
        string=f"<style>{font_face_css()} span {{ font: 7.6pt '{SANS}'; font-variant-numeric: tabular-nums; "
        f"white-space: nowrap; }}</style><span>{text}</span>"
    ).render()
    boxes = [page.pages[0]._page_box]
    while boxes[0].element_tag != "span":
        boxes = [child for box in boxes for child in box.children]
    laid_out = boxes[0].width * 0.75
    assert width(text) == pytest.approx(laid_out, rel=0.02)
