"""The report as files: every figure and table there, the same as printed, the same each time, safe to open."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from xml.etree import ElementTree

import pytest

from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.figures.canvas import Canvas, Drawing, house_style
from reports.number_check.figure_data import figure_data
from reports.pages.all_figures import gallery
from reports.pages.exports import INDEX, OF_PHANTOM, _names, drawings_of, exports, svg_file
from reports.pages.report import report_page
from reports.provenance.source_marks import OPEN
from reports.provenance.sourced_numbers import marking

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def files(context_of: Callable[[str], ReportContext]) -> dict[str, bytes]:
    context = context_of("passing")
    shown = gallery(context)
    return dict(exports(report_page(context, shown), shown, phantom=False))


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"))))


def drawing(text: str, description: str = "A line.") -> Drawing:
    with house_style():
        canvas = Canvas("one", 40)
        canvas.label(3, 20, text, tone="goal")
        return canvas.finish(description, figure_data(("x",), [(1,)]))


def test_every_figure_has_its_picture_and_its_data(
    files: dict[str, bytes], context_of: Callable[[str], ReportContext]
) -> None:
    pictures = {name for name in files if name.endswith(".svg")}
    assert len(pictures) == len(list(drawings_of(gallery(context_of("passing")))))
    assert all(name.removesuffix(".svg") + ".csv" in files for name in pictures)
    listed = {f"figures/{row[0]}" for row in rows(files[f"figures/{INDEX}"])[1:]}
    assert listed == pictures


def test_every_table_of_the_page_is_a_file(files: dict[str, bytes], page_of: Callable[[str], str]) -> None:
    tables = rows(files[f"tables/{INDEX}"])[1:]
    assert len(tables) == page_of("passing").count("<caption") > 20
    assert all(f"tables/{name}" in files for name, _ in tables)


def test_each_file_is_a_rectangle_without_marks(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        assert OPEN not in content.decode("utf-8"), name
        if name.endswith(".csv"):
            (width,) = {len(row) for row in rows(content)}
            header = rows(content)[0]
            assert width == len(header) == len(set(header)), name


def test_numbers_are_those_printed(
    files: dict[str, bytes], rows_of: Callable[[str, str], list[list[str]]]
) -> None:
    printed = rows_of("passing", "Proportions and F1")
    exported = rows(files["tables/proportions.csv"])
    assert [[cell.replace("\u00a0", " ") for cell in row] for row in exported] == [
        [cell.replace("\u00a0", " ") for cell in row] for row in printed
    ]


def test_data_of_a_figure_is_that_of_the_results(
    files: dict[str, bytes], context_of: Callable[[str], ReportContext]
) -> None:
    found = {
        row[0]: float(row[4]) for row in rows(files["figures/thresholds.csv"])[1:] if row[3] == "sensitivity"
    }
    expected = {
        str(row.threshold): one.value
        for row in context_of("passing").results.threshold_sensitivity
        for one in row.estimates
        if one.metric == "sensitivity"
    }
    assert found == expected


def test_letters_stay_text_and_their_places_stay(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith(".svg"):
            tree = ElementTree.fromstring(content)
            assert tree.findtext(f"{SVG}title", "").endswith("."), name
            assert tree.findall(f".//{SVG}text"), name
            assert float(tree.attrib["height"].removesuffix("pt")) == float(tree.attrib["viewBox"].split()[3])


@pytest.mark.fault(31)
def test_hostile_words_of_a_figure_are_literal_text() -> None:
    made = svg_file(drawing("<script>alert(1)</script>", '"><script>.'), phantom=False)
    tree = ElementTree.fromstring(made)
    assert not tree.findall(f".//{SVG}script")
    assert [one.text for one in tree.iter(f"{SVG}text")] == ["<script>alert(1)</script>"]


def test_a_picture_of_a_phantom_says_so() -> None:
    plain, phantom = (ElementTree.fromstring(svg_file(drawing("x"), phantom=one)) for one in (False, True))
    assert [one.text for one in plain.iter(f"{SVG}text")] == ["x"]
    assert [one.text for one in phantom.iter(f"{SVG}text")][1] == OF_PHANTOM
    assert phantom.attrib["viewBox"] == "0 0 492 54"


def test_sources_that_are_marked_change_no_byte(
    files: dict[str, bytes], run_of: Callable[[str], RunFolder]
) -> None:
    with marking():
        context = report_context(run_of("passing"))
        shown = gallery(context)
        html = report_page(context, shown)
    assert dict(exports(html, shown, phantom=False)) == files


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (("axis-sex,view", "axis-sex-view"), ["axis-sex-view", "axis-sex-view-2"]),
        (("../../etc/passwd", "../../ETC/passwd"), ["etc-passwd", "etc-passwd-2"]),
        (("index", "العمر"), ["index-2", "unnamed"]),
    ],
)
def test_names_are_plain_and_differ(keys: tuple[str, ...], names: list[str]) -> None:
    assert _names(keys) == names


def test_names_stay_below_their_folder(files: dict[str, bytes]) -> None:
    for name in files:
        assert re.fullmatch(r"(figures|tables)/[a-z0-9_-]+\.(csv|svg)", name)
        assert ".." not in PurePosixPath(name).parts
