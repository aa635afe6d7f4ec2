"""The boxes of laid-out pages, held against what a printer's reader would mark."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from protocols.storage.run_folder import RunFolder
from reports.content.run_evidence import report_context
from reports.pages.all_figures import gallery
from reports.pages.report import report_page

NAMES = ["passing", "every row insufficient", "by patient, missing excluded", "text-mined"]
HEADS = {"h1", "h2", "h3", "h4", "caption"}
HAIR = 1.0  # CSS pixels: letters may lean out of their box by as much


def pages_of(html: str) -> list[Any]:
    """The pages as the engine has them, boxes and all."""
    from weasyprint import HTML

    return list(HTML(string=html).render(pdf_variant="pdf/a-3a").pages)


def boxes(box: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Each box with those around it, the nearest last."""
    box = getattr(box, "_box", box)
    yield box, above
    for child in getattr(box, "children", ()):
        yield from boxes(child, (*above, box))


def texts(page: Any, *, margins: bool = False) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The lines of letters of a page's body, or of its margins."""
    from weasyprint.formatting_structure.boxes import MarginBox, TextBox

    for box, above in boxes(page._page_box):
        in_margin = any(isinstance(one, MarginBox) for one in above)
        if isinstance(box, TextBox) and box.text.strip() and in_margin == margins:
            yield box, above


def is_cover(above: tuple[Any, ...]) -> bool:
    return any(
        one.element is not None and (one.element.get("class") or "").startswith("cover") for one in above
    )


def tags(above: tuple[Any, ...]) -> list[str]:
    return [one.element_tag for one in above if one.element_tag]


def overflowing(pages: list[Any]) -> list[str]:
    """Letters beyond the text area of their page, or beyond their cell."""
    found = []
    for number, one_page in enumerate(pages, start=1):
        body = one_page._page_box
        left, top = body.content_box_x(), body.content_box_y()
        right, bottom = left + body.width, top + body.height
        for box, above in texts(one_page):
            room = [(left, right, "page")]
            room += [
                (one.content_box_x(), one.content_box_x() + one.width, one.element_tag)
                for one in above
                if one.element_tag in ("td", "th") and hasattr(one, "colspan")
            ]
            for least, most, of in room:
                if box.position_x < least - HAIR or box.position_x + box.width > most + HAIR:
                    found.append(f"page {number}: {box.text!r} leaves its {of} to the side")
            if box.position_y < top - HAIR or box.position_y + box.height > bottom + HAIR:
                found.append(f"page {number}: {box.text!r} leaves the page above or below")
    return found


def last_lines(pages: list[Any]) -> list[str]:
    """Headings and captions of tables that end a page."""
    found = []
    for number, one_page in enumerate(pages[:-1], start=1):
        lines = [(box.position_y + box.height, box, above) for box, above in texts(one_page)]
        if lines and not any(is_cover(above) for _, _, above in lines):
            _, box, above = max(lines, key=lambda line: line[0])
            if HEADS & set(tags(above)):
                found.append(f"page {number} ends with {box.text!r}")
    return found


def cut_rows(pages: list[Any]) -> list[str]:
    """Rows that begin on one page and end on another."""
    seen: dict[Any, set[int]] = defaultdict(set)
    for number, one_page in enumerate(pages, start=1):
        for box, above in boxes(one_page._page_box):
            if box.element_tag == "tr" and "thead" not in tags(above):
                seen[box.element].add(number)
    return [
        f"row {''.join(row.itertext()).split()} on pages {numbers}"
        for row, numbers in seen.items()
        if len(numbers) > 1
    ]


def headless_parts(pages: list[Any]) -> list[str]:
    """Tables that go on over a page without their head."""
    found = []
    for number, one_page in enumerate(pages, start=1):
        for box, _ in boxes(one_page._page_box):
            if box.element_tag == "table" and box.element.find("{*}thead") is not None:
                inside = {one.element_tag for one, _ in boxes(box)}
                if "tr" in inside and "thead" not in inside:
                    found.append(f"page {number}: {' '.join(box.element.itertext())[:60]!r}")
    return found


def faults(html: str) -> list[str]:
    pages = pages_of(html)
    return [*overflowing(pages), *last_lines(pages), *cut_rows(pages), *headless_parts(pages)]


@pytest.fixture(autouse=True)
def _(libraries: None) -> None:
    """Every test here needs Pango and its kin."""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<p style="width:2000px">' + "a " * 400, "leaves its page to the side"),
        ('<p style="white-space:nowrap">' + "a " * 400, "leaves its page to the side"),
        (
            '<table style="width:300px;table-layout:fixed"><tr><td style="white-space:nowrap">' + "a " * 99,
            "leaves its td",
        ),
        ('<p style="position:absolute;top:2000px">a', "leaves the page above or below"),
        (
            '<div style="height:650px"></div><h2 style="break-after:auto">Head</h2>'
            '<div style="height:300px;break-inside:avoid">a',
            "ends with",
        ),
        ("<table>" + "<tr><td>" + "a<br>" * 90, "row"),
        (
            '<style>thead{display:table-row-group}</style><table><thead><tr><th>h<tbody>' + "<tr><td>a" * 90,
            "page 2",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_found(body: str, found: str) -> None:
    style = "<style>@page{size:Letter;margin:60pt}body{margin:0;font:16px sans-serif}</style>"
    assert any(
        found in fault for fault in faults(f"<!doctype html><html lang=en><title>T</title>{style}{body}")
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_pages_have_no_fault(name: str, page_of: Callable[[str], str]) -> None:
    assert faults(page_of(name)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["Maker of a rather long name, Incorporated, of a town with a long name too", "M" * 70, "شركة " * 12],
)
def test_long_names_stay_on_the_page(name: str, make: Callable[[str], RunFolder]) -> None:
    context = report_context(make(name))
    assert faults(report_page(context, gallery(context))) == []


@pytest.mark.slow
def test_every_page_but_the_cover_is_identified(page_of: Callable[[str], str]) -> None:
    pages = pages_of(page_of("passing"))
    for number, one in enumerate(pages[1:], start=2):
        told = " ".join(box.text for box, _ in texts(one, margins=True))
        assert re.search(rf"Page {number} of {len(pages)}", told)
        assert "VR-study-2" in told
        assert re.search(r"Protocol study v2,\s+[0-9a-f]{6,}", told)
