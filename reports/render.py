"""A run folder -> report.pdf and report.html as bytes, and the stack that laid them out; no file is written.

Owns the templates' environment and the order of the work. What is told is `context`, what is drawn `gallery`, how
pages come about `layout`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from protocols.progress import Progress
from protocols.run_folder import RunFolder
from reports import formatting, names
from reports.appendices import appendices_of
from reports.characters import drawable, letters_of, sources_of
from reports.context import ReportContext, report_context
from reports.exports import exports
from reports.gallery import Gallery, gallery
from reports.layout import Attached, lay_out
from reports.lint import refuse_numbers
from reports.lint_evidence import lint_evidence
from reports.numbering import Numbering, sections
from reports.robustness import ATTACHED_AS
from reports.rules import reference_rule, threshold_rule
from reports.sourcing import filtering, finalized, marking, with_elements, without_elements
from reports.stack import render_stack, require_libraries
from reports.supplied_fonts import SuppliedFont, needed_fonts, supplied_fonts

STAGE = "report"
STEPS = 3
FILTERS = (
    formatting.count,
    formatting.counted,
    formatting.decimal,
    formatting.stated,
    formatting.plain,
    formatting.goal,
    formatting.against,
    formatting.estimate,
    formatting.fraction,
    formatting.interval,
    formatting.between,
    formatting.half_width,
    formatting.signed,
    formatting.interval_of,
    formatting.value,
    formatting.p_value,
    formatting.draws_error,
    formatting.score,
    formatting.shift,
    formatting.level,
    formatting.percent,
    formatting.design_effect,
    formatting.share,
    formatting.short_hash,
    formatting.date,
    formatting.date_and_time,
    formatting.listed,
    formatting.sentence,
    reference_rule,
    threshold_rule,
)


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """Both forms of a report.

    Attributes:
        pdf, html: the report; in the HTML each number of the evidence stands in an element that names its source.
        parts: its tables and figures as files, by name.
        render_stack: name -> version of what laid out the PDF.
    """

    pdf: bytes
    html: str
    parts: Mapping[str, bytes]
    render_stack: dict[str, str]


def render(run: RunFolder, progress: Progress, *, fonts: Sequence[Path] = ()) -> RenderedReport:
    """Render the report of a run.

    Args:
        run: a run folder with results; nothing in it is changed.
        progress: told after reading, after drawing and after the layout.
        fonts: files of fonts for characters that no bundled font has.

    Raises:
        NotPossibleHereError: a system library is missing; the sentence holds the line that installs it.
        BadInputError: the evidence is incomplete, or holds a character that no bundled or given font has; a file
            given as a font is none.
        EvidenceDiffersError: the evidence contradicts itself.
        NumbersDifferError: a number of the report cannot be traced to the evidence, or contradicts it.
        SuiteError: a template asked for something outside the document, or the layout engine complained.
    """
    require_libraries()
    supplied = supplied_fonts(fonts)
    with marking():
        context = report_context(run)
        progress(STAGE, 1, STEPS, "evidence read")
        figures = gallery(context)
        html = page(context, figures, fonts=supplied)
    progress(STAGE, 2, STEPS, "figures drawn")
    attached = [
        Attached(run.results.name, "All numbers of this report", context.results_json),
        Attached(run.line_listing.name, "One line an image", context.listing_csv),
    ]
    if context.robustness:
        attached.append(
            Attached(ATTACHED_AS, "All numbers of changed pictures", context.robustness.results_json)
        )
    needed = needed_fonts(letters_of(html), supplied)
    pdf = lay_out(without_elements(html), date=context.document.date, attached=attached, fonts=needed)
    refuse_numbers(pdf, html, lint_evidence(context))
    progress(STAGE, 3, STEPS, "pages laid out")
    parts = exports(html, figures, phantom=context.document.phantom)
    return RenderedReport(pdf, html, parts, render_stack(needed))


def page(context: ReportContext, figures: Gallery, *, fonts: Sequence[SuppliedFont] = ()) -> str:
    """The whole report as one HTML document that needs nothing else.

    Raises:
        BadInputError: a character of it is in no bundled font and in none of ``fonts``.
    """
    words = context.words

    def written(css: str) -> str:
        return (
            environment()
            .get_template("report.html.j2")
            .render(
                c=context,
                appendices=appendices_of(context),
                r=context.results,
                p=context.protocol,
                d=context.document,
                w=words,
                figures=figures,
                names=names,
                sections=sections(agreement=words.agreement, present=context.optional_sections),
                numbering=Numbering(),
                confidence=formatting.level(context.results.resampling.confidence_level),
                font_face_css=Markup(css),
            )
        )

    return drawable(written, sources_of(context), fonts)


class Page(Template):
    """A template whose pages hold no mark: within `sourcing.marking` numbers stand in elements that name sources."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """The page."""
        return with_elements(super().render(*args, **kwargs))


def environment() -> Environment:
    """The templates' environment: everything escaped, everything defined."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        lstrip_blocks=True,
        finalize=finalized,
    )
    made.template_class = Page
    made.filters.update({function.__name__: filtering(function) for function in FILTERS})
    return made
