"""A PDF's numbers against those of its page, on pages made by hand: what the layout may add, and what it may not."""

import pytest

from reports.number_check.html import PageText, page_text
from reports.number_check.pdf_against_html import collate
from reports.pdf.page_text import PrintedPage

TABLE = "<table><thead><tr><th>In 2024</th></tr></thead><tr><td>12</td><td>0.345</td></tr></table>"


def laid_out(body: str) -> PageText:
    """A page whose parts need no source, as nothing here asks for one."""
    return page_text(f'<h2 data-title="1 Results">1 Results</h2><ol><li>one</li></ol>{body}')


def found(body: str, *pages: tuple[str, ...], leads_to: tuple[int, ...] = ()) -> list[tuple[int | None, str]]:
    printed = [
        PrintedPage(("1 Results",) if number == 1 else (), leads_to if number == 1 else ())
        for number in range(1, len(pages) + 1)
    ]
    whole = [
        PrintedPage((*one.pieces, *pieces), one.leads_to) for one, pieces in zip(printed, pages, strict=True)
    ]
    return [(finding.page, finding.token) for finding in collate(whole, laid_out(body))]


@pytest.mark.parametrize(
    ("body", "pages"),
    [
        ("<p>12 of 34</p>", (("12 of 34",),)),
        ("<p>12 of 34</p>", (("12 of ", "34"),)),
        ("<p>12</p>", (("12", "Page 1 of 2"), ("Page 2 of 2",))),
        ("<p>12</p>", (("12",), ("VR-1 · 1 Results",))),  # what is repeated at the head of a page
        ("<p>12</p>", (("1. ", "12"),)),  # the marker of the list's one item
        (TABLE, (("In 2024", "12", "0.345"), ("In 2024",))),  # a table's head on its second page
        ("<p>1234.5</p>", (("12", "34.5"),)),  # cut in two by a narrow column
        (
            "<td>0123456789abcdef0123456789abcdef01234567</td>",
            (("0123456789abcdef0123", "456789abcdef01234567"),),
        ),
    ],
)
def test_what_the_layout_does_is_no_finding_by_hand(body: str, pages: tuple[tuple[str, ...], ...]) -> None:
    assert found(body, *pages) == []


def test_pages_that_links_lead_to_are_no_finding_by_hand() -> None:
    assert found("<p>12</p>", ("12", "7"), leads_to=(7,)) == []
    assert found("<p>12</p>", ("12", "7"), leads_to=(8,)) == [(1, "7")]


@pytest.mark.parametrize(
    ("body", "pages", "expected"),
    [
        ("<p>12</p>", (("12",), ("12",)), [(None, "12")]),  # once too often, on two pages
        ("<p>12</p>", (("12",), ("99",)), [(2, "99")]),
        ("<p>12 and 34</p>", (("12",),), [(None, "34")]),
        ("<p>12</p>", (("12", "Page 2 of 2"),), [(1, "2")]),  # a page number that is not the page's
        ("<p>12</p>", (("1. ", "1. ", "12"),), [(1, "1")]),  # a second marker
        (TABLE, (("In 2024", "0.345", "12"),), [(None, "12 0.345")]),  # right numbers, wrong places
        ("<p>1234.5</p>", (("34.5", "12"),), [(1, "12"), (1, "34.5"), (None, "1234.5")]),
    ],
)
def test_what_the_layout_does_not_do_is_a_finding_by_hand(
    body: str, pages: tuple[tuple[str, ...], ...], expected: list[tuple[int | None, str]]
) -> None:
    assert found(body, *pages) == expected
