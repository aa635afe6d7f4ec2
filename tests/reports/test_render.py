import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from protocols.progress import silent
from protocols.storage.run_folder import RunFolder
from reports.pdf.page_text import PrintedPage, printed_pages
from reports.pdf.read_pdf import PrintedPdf, same_content
from reports.pdf.render_stack import render_stack
from reports.render import Rendered, render

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, sys
from pathlib import Path
from typing import Any
from protocols.progress import silent
from protocols.storage.run_folder import RunFolder
from reports.render import render
rendered = render(RunFolder(Path(sys.argv[1])), silent)
for document in (rendered.report, rendered.summary):
    print(hashlib.sha256(document.pdf).hexdigest(), hashlib.sha256(document.html.encode()).hexdigest())
"""


@pytest.fixture
def pdf(libraries: None, rendered_of: Callable[[str], Rendered]) -> Iterator[pikepdf.Pdf]:
    """The report of the passing study."""
    with pikepdf.open(io.BytesIO(rendered_of("passing").report.pdf)) as document:
        yield document


@pytest.fixture
def pages(libraries: None, rendered_of: Callable[[str], Rendered]) -> tuple[PrintedPage, ...]:
    """Its pages."""
    return printed_pages(rendered_of("passing").report.pdf)


def chapters_of(pdf: pikepdf.Pdf) -> list[pikepdf.OutlineItem]:
    """The bookmarks below the title."""
    with pdf.open_outline() as outline:
        (title,) = outline.root
        assert title.title == "A study"
        return list(title.children)


def test_the_evidence_is_embedded_as_it_is(
    libraries: None, rendered_of: Callable[[str], Rendered], run_of: Callable[[str], RunFolder]
) -> None:
    run = run_of("passing")
    assert PrintedPdf(rendered_of("passing").report.pdf).attachments == {
        "results.json": run.results.read_bytes(),
        "line_listing.csv": run.line_listing.read_bytes(),
    }


def test_every_page_but_the_cover_says_what_it_is(pages: tuple[PrintedPage, ...]) -> None:
    for number, page in enumerate(pages[1:], start=2):
        text = "".join(page.pieces)
        assert f"Page {number} of {len(pages)}" in text
        assert "VR-study-2 · EXPLORATORY · DRAFT" in text


def test_the_document_names_itself(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.docinfo["/Title"]) == "VR-study-2: A study"
    assert str(pdf.docinfo["/CreationDate"]) == "D:20261120130005+00'00"


def test_every_section_is_a_bookmark(pdf: pikepdf.Pdf) -> None:
    chapters = [chapter.title for chapter in chapters_of(pdf)]
    assert chapters[:3] == ["Contents", "1 Signatures", "2 Summary"]
    numbered = [chapter.split(" ", 1) for chapter in chapters[1:]]
    sections = [number for number, _ in numbered if number.isdecimal()]
    assert sections == [str(number) for number in range(1, len(sections) + 1)]
    assert [name for number, name in numbered if number == sections[-1]] == ["How to rerun"]
    assert [number for number, _ in numbered[len(sections) :]] == [*"ABCDEF"]


def test_the_contents_give_the_pages(pdf: pikepdf.Pdf, pages: tuple[PrintedPage, ...]) -> None:
    destinations: list[Any] = [chapter.destination for chapter in chapters_of(pdf)[1:]]
    led_to = [pikepdf.Page(destination[0]).index + 1 for destination in destinations]
    printed = [int(piece) for piece in pages[1].pieces if piece.strip().isdecimal()]
    assert printed[: len(led_to)] == led_to  # the numbers of the sections follow


def test_figures_keep_their_letters_as_text(pages: tuple[PrintedPage, ...]) -> None:
    summary = next(
        text for page in pages if "Summary" in (text := "\n".join(page.pieces)) and "Figure 1." in text
    )
    assert "Sensitivity (95\u00a0% CI)" in summary
    assert "goal > 0.300" in summary


def test_the_stack_is_recorded(libraries: None, rendered_of: Callable[[str], Rendered]) -> None:
    assert rendered_of("passing").render_stack == render_stack()


@pytest.mark.slow
def test_same_content_sees_another_study(libraries: None, rendered_of: Callable[[str], Rendered]) -> None:
    one, other = rendered_of("passing").report.pdf, rendered_of("without criteria and subgroups").report.pdf
    assert same_content(one, one)
    assert not same_content(one, other)


def test_nothing_is_written(
    libraries: None, rendered_of: Callable[[str], Rendered], run_of: Callable[[str], RunFolder]
) -> None:
    rendered_of("passing")
    run = run_of("passing")
    for path in (run.report_pdf, run.report_html, run.summary_pdf, run.summary_html):
        assert not path.exists()


@pytest.mark.slow
@pytest.mark.fault(36)
def test_two_processes_in_other_zones_locales_hash_seeds_and_folders_give_the_same_bytes(
    libraries: None, run_of: Callable[[str], RunFolder], tmp_path: Path
) -> None:
    run = run_of("failing")

    def elsewhere(folder: Path, **environment: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(run.root)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout

    here = elsewhere(ROOT, TZ="UTC", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    there = elsewhere(
        tmp_path, TZ="Asia/Tokyo", LC_ALL="C", PYTHONHASHSEED="77", SOURCE_DATE_EPOCH="5", HOME=str(tmp_path)
    )
    assert here == there
    assert hashlib.sha256(render(run, silent).report.pdf).hexdigest() in here
