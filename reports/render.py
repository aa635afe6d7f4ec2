"""A run folder -> report and summary, each as PDF and HTML, and the software that laid them out; nothing is written.

Owns the order of the work for both documents: the evidence is read once, and a PDF with a finding of the number check
is refused. Content is `context`, figures are `all_figures`, layout is `render_pdf`; the pages are `report` and
`summary`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from protocols.progress import Progress
from protocols.storage.run_folder import RunFolder
from reports.content.run_evidence import report_context
from reports.fonts.supplied import NeededFont, needed_fonts, supplied_fonts
from reports.number_check.check import refuse_numbers
from reports.number_check.evidence import LintEvidence
from reports.pages.all_figures import gallery
from reports.pages.exports import drawings_of, exports
from reports.pages.glyph_coverage import letters_of
from reports.pages.number_evidence import lint_evidence
from reports.pages.report import report_attachments, report_page
from reports.pages.summary import summary_attachments, summary_page
from reports.pages.summary_contents import contents_of
from reports.pdf.render_pdf import Attached, lay_out
from reports.pdf.render_stack import render_stack, require_libraries
from reports.provenance.source_marks import without_elements
from reports.provenance.sourced_numbers import marking

STAGE = "report"
STEPS = 4


@dataclass(frozen=True, slots=True)
class Document:
    """Both forms of a document; in the HTML each number of the evidence is in an element that names its source."""

    pdf: bytes
    html: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The documents of a run.

    Attributes:
        report, summary: the documents.
        parts: tables and figures of the report as files, by name.
        render_stack: name -> version of the software that laid out the PDFs.
    """

    report: Document
    summary: Document
    parts: Mapping[str, bytes]
    render_stack: dict[str, str]


def render(run: RunFolder, progress: Progress, *, fonts: Sequence[Path] = ()) -> Rendered:
    """Render the report of a run and its summary.

    Args:
        run: a run folder with results; nothing in it is changed.
        progress: called after reading, after drawing and after each layout.
        fonts: font files for characters that no bundled font has.

    Raises:
        NotPossibleHereError: a system library is missing; the message has the command that installs it.
        BadInputError: the evidence is incomplete, or has a character that no bundled or given font has; a font file
            is not a font.
        EvidenceDiffersError: the evidence contradicts itself.
        NumbersDifferError: a number of a document cannot be traced to the evidence, or contradicts it.
        SuiteError: a template asked for something outside the document, or the layout engine complained.
    """
    require_libraries()
    supplied = supplied_fonts(fonts)
    with marking():
        context = report_context(run)
        progress(STAGE, 1, STEPS, "evidence read")
        figures = gallery(context)
        report_html = report_page(context, figures, fonts=supplied)
        contents = contents_of(context)
        summary_html = summary_page(context, contents, fonts=supplied)
    progress(STAGE, 2, STEPS, "figures drawn")
    evidence, date = lint_evidence(context), context.document.date
    needed = needed_fonts(letters_of(report_html), supplied)
    report = _document(report_html, date, report_attachments(run, context), needed, _with(evidence, figures))
    progress(STAGE, 3, STEPS, "report laid out")
    needed_there = needed_fonts(letters_of(summary_html), supplied)
    summary = _document(
        summary_html, date, summary_attachments(run, context), needed_there, _with(evidence, contents)
    )
    progress(STAGE, 4, STEPS, "summary laid out")
    parts = exports(report_html, figures, phantom=context.document.phantom)
    return Rendered(report, summary, parts, render_stack((*needed, *needed_there)))


def _with(evidence: LintEvidence, shown: object) -> LintEvidence:
    """Return the evidence with the data of the figures that a document shows."""
    return replace(evidence, figures={drawing.name: drawing.data for drawing in drawings_of(shown)})


def _document(
    html: str,
    date: datetime,
    attached: Sequence[Attached],
    fonts: Sequence[NeededFont],
    evidence: LintEvidence,
) -> Document:
    """Lay out a page and refuse it where the number check has a finding."""
    pdf = lay_out(without_elements(html), date=date, attached=attached, fonts=fonts)
    refuse_numbers(pdf, html, evidence)
    return Document(pdf, html)
