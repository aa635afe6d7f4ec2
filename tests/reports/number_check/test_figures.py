"""Faults planted in the letters of figures: each is found, and an honest figure has none."""

import re
from collections.abc import Callable

import pytest
from markupsafe import Markup

from protocols.storage.run_folder import RunFolder
from reports.content.run_evidence import report_context
from reports.figures.canvas import Drawing, Label
from reports.number_check.figure_data import FigureData, figure_data
from reports.number_check.figures import differing_letters
from reports.pages.all_figures import gallery
from reports.pages.environment import environment
from reports.pages.exports import drawings_of
from reports.pages.report import report_page
from reports.provenance.sourced_numbers import marking

COUNTS = figure_data(
    ("finding", "Mass", "Edema"),
    [("Mass", 57, 12_345), ("Edema", 0, 148)],
    beside=(0.9231, "95 % CI", "12 years and older"),
)
LETTERS = ("57", "12,345", "0", "148", "Mass", "AUROC 0.923 (95 % CI)", "12 years and older")


def page(*letters: str, ticks: tuple[str, ...] = (), data: FigureData = COUNTS) -> str:
    """A page with one figure of these letters."""
    labels = [Label(0, 0, text, "start", "ink") for text in letters]
    labels += [Label(0, 0, text, "middle", "soft", tick=True) for text in ticks]
    drawing = Drawing("one", 100, 100, Markup("<svg></svg>"), tuple(labels), "A figure.", data)
    macros = environment().get_template("parts.html.j2").make_module({"numbering": None})
    return str(macros.letters_over_shapes(drawing))  # type: ignore[attr-defined]


def tokens(html: str, data: FigureData = COUNTS) -> list[str]:
    """What is found, as printed."""
    return [finding.token for finding in differing_letters(html, {"one": data})]


def test_an_honest_figure_has_no_finding_by_hand() -> None:
    assert tokens(page(*LETTERS, ticks=("0.25", "1"))) == []
    assert tokens(page("12.3k", "0", "57", "148")) == []  # in thousands


@pytest.mark.parametrize(
    ("printed", "instead", "found"),
    [
        ("57", "58", "58"),  # a wrong cell
        ("57", "148", "148"),  # a number of another cell
        ("148", "14", "14"),  # a lost digit
        ("12,345", "1,345", "1,345"),
        ("57", "0k", "0k"),
        ("12,345", "12k", "12k"),
        ("148", "148x", "148x"),  # a digit before a letter
        ("0", "1", "1"),
        ("0", "00", "00"),
        ("AUROC 0.923 (95 % CI)", "AUROC 0.932 (95 % CI)", "0.932"),
        ("AUROC 0.923 (95 % CI)", "AUROC 0.923 (90 % CI)", "90 %"),
        ("12 years and older", "13 years and older", "13"),
    ],
)
def test_planted_faults_by_hand(printed: str, instead: str, found: str) -> None:
    faulty = [instead if text == printed else text for text in LETTERS]
    assert found in tokens(page(*faulty))


def test_a_figure_without_its_table_by_hand() -> None:
    (finding,) = differing_letters(page("57"), {})
    assert finding.sentence == "the figure has no table behind it (one)"


def test_every_cell_of_a_report_by_mutation(run_of: Callable[[str], RunFolder]) -> None:
    """Each number of each figure, changed by one digit, is found; as printed none is."""
    with marking():
        context = report_context(run_of("passing"))
        shown = gallery(context)
        html = report_page(context, shown)
    figures = {drawing.name: drawing.data for drawing in drawings_of(shown)}
    assert list(differing_letters(html, figures)) == []
    letters = re.compile(
        r'<span class="(?![^"]*tick)[^"]*" style="[^"]*">[^<]*(?:<data[^>]*>)?[^<]*?(\d[\d,.]*)'
    )
    drawn = re.search(r'<div class="drawing".*</div>', html, re.DOTALL)
    assert drawn is not None
    numbers = list(letters.finditer(html, drawn.start(), drawn.end()))
    assert len(numbers) > 100
    for one in numbers:
        digit = (int(one[1][0]) + 1) % 10
        planted = f"{html[: one.start(1)]}{digit}7{html[one.start(1) + 1 :]}"
        assert list(differing_letters(planted, figures)), one[0]
