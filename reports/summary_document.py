"""A run folder -> summary.pdf and summary.html as bytes: two to four pages with the numbers of the report.

Owns the page and the order of the work. What it tells is `summary_contents`; evidence, vocabulary, drawing and layout
are the report's own. The order of its parts is that of the list in 21 CFR 807.92; nothing here claims to fulfil
that list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from protocols.progress import Progress
from protocols.run_folder import RunFolder
from reports import formatting, names
from reports.characters import drawable, letters_of, sources_of
from reports.context import ReportContext, report_context
from reports.layout import Attached, lay_out
from reports.lint import refuse_numbers
from reports.lint_evidence import LintEvidence, lint_evidence
from reports.numbering import Numbering
from reports.render import environment
from reports.sourcing import marking, without_elements
from reports.stack import require_libraries
from reports.summary_contents import METRICS, contents_of
from reports.supplied_fonts import SuppliedFont, needed_fonts, supplied_fonts

STAGE = "summary"
STEPS = 2


@dataclass(frozen=True, slots=True)
class RenderedSummary:
    """Both forms of a summary."""

    pdf: bytes
    html: str


def render_summary(run: RunFolder, progress: Progress, *, fonts: Sequence[Path] = ()) -> RenderedSummary:
    """Render the summary of a run.

    Args:
        run: a run folder with results; nothing in it is changed.
        progress: told after reading and after the layout.
        fonts: files of fonts for characters that no bundled font has.

    Raises:
        NotPossibleHereError: a system library is missing; the sentence holds the line that installs it.
        BadInputError: the evidence is incomplete, or holds a character that no bundled or given font has; a file
            given as a font is none.
        EvidenceDiffersError: the evidence contradicts itself.
        NumbersDifferError: a number of the summary cannot be traced to the evidence, or contradicts it.
        SuiteError: a template asked for something outside the document, or the layout engine complained.
    """
    require_libraries()
    supplied = supplied_fonts(fonts)
    with marking():
        context = report_context(run)
        progress(STAGE, 1, STEPS, "evidence read")
        html = summary_page(context, fonts=supplied)
    attached = [Attached(run.results.name, "All numbers of this summary", context.results_json)]
    needed = needed_fonts(letters_of(html), supplied)
    pdf = lay_out(without_elements(html), date=context.document.date, attached=attached, fonts=needed)
    refuse_numbers(pdf, html, _evidence(context))
    progress(STAGE, 2, STEPS, "pages laid out")
    return RenderedSummary(pdf, html)


def _evidence(context: ReportContext) -> LintEvidence:
    """What numbers may come from; criteria, rows and cautions are counted here, which no list of the results does."""
    evidence = lint_evidence(context)
    longest = max(len(context.criteria), len(context.rows), len(context.cautions))
    return replace(evidence, sizes=evidence.sizes | set(range(longest + 1)))


def summary_page(context: ReportContext, *, fonts: Sequence[SuppliedFont] = ()) -> str:
    """The whole summary as one HTML document that needs nothing else.

    Raises:
        BadInputError: a character of it is in no bundled font and in none of ``fonts``.
    """
    contents = contents_of(context)

    def written(css: str) -> str:
        return (
            environment()
            .get_template("summary.html.j2")
            .render(
                c=context,
                r=context.results,
                p=context.protocol,
                d=context.document,
                w=context.words,
                m=contents,
                metrics=METRICS,
                names=names,
                numbering=Numbering(),
                confidence=formatting.level(context.results.resampling.confidence_level),
                font_face_css=Markup(css),
            )
        )

    return drawable(written, sources_of(context), fonts)
