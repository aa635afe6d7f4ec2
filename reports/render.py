"""A run folder -> report.pdf and report.html as bytes, and the stack that laid them out; no file is written.

Owns the templates' environment and the order of the work. What is told is `context`, what is drawn `gallery`, how
pages come about `layout`.
"""

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from protocols.errors import BadInputError
from protocols.progress import Progress
from protocols.run_folder import RunFolder
from reports import formatting, names
from reports.context import ReportContext, report_context
from reports.gallery import Gallery, gallery
from reports.layout import Attached, lay_out
from reports.numbering import Numbering, sections
from reports.robustness import ATTACHED_AS
from reports.rules import reference_rule, threshold_rule
from reports.stack import render_stack, require_libraries
from reports.typefaces import bundled_characters, font_face_css

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
    """Both forms of a report, and name -> version of what laid out the PDF."""

    pdf: bytes
    html: str
    render_stack: dict[str, str]


def render(run: RunFolder, progress: Progress) -> RenderedReport:
    """Render the report of a run.

    Args:
        run: a run folder with results; nothing in it is changed.
        progress: told after reading, after drawing and after the layout.

    Raises:
        NotPossibleHereError: a system library is missing; the sentence holds the line that installs it.
        BadInputError: the evidence is incomplete, or holds a character that no bundled font has.
        EvidenceDiffersError: the evidence contradicts itself.
        SuiteError: a template asked for something outside the document, or the layout engine complained.
    """
    require_libraries()
    context = report_context(run)
    progress(STAGE, 1, STEPS, "evidence read")
    html = page(context, gallery(context))
    progress(STAGE, 2, STEPS, "figures drawn")
    attached = [
        Attached(run.results.name, "All numbers of this report", context.results_json),
        Attached(run.line_listing.name, "One line an image", context.listing_csv),
    ]
    if context.robustness:
        attached.append(
            Attached(ATTACHED_AS, "All numbers of changed pictures", context.robustness.results_json)
        )
    pdf = lay_out(html, date=context.document.date, attached=attached)
    progress(STAGE, 3, STEPS, "pages laid out")
    return RenderedReport(pdf, html, render_stack())


def page(context: ReportContext, figures: Gallery) -> str:
    """The whole report as one HTML document that needs nothing else.

    Raises:
        BadInputError: a character of it is in no bundled font.
    """
    words = context.words
    html = (
        environment()
        .get_template("report.html.j2")
        .render(
            c=context,
            r=context.results,
            p=context.protocol,
            d=context.document,
            w=words,
            figures=figures,
            names=names,
            sections=sections(agreement=words.agreement, present=context.optional_sections),
            numbering=Numbering(),
            confidence=formatting.level(context.results.resampling.confidence_level),
            font_face_css=Markup(font_face_css()),
        )
    )
    strange = sorted({letter for letter in html if letter not in "\n\t"} - bundled_characters())
    if strange:
        told = ", ".join(f"{letter!r} (U+{ord(letter):04X})" for letter in strange)
        raise BadInputError(
            f"The report would hold characters that the bundled fonts lack: {told}; write the names that hold them "
            "in Latin, Greek or Cyrillic letters."
        )
    return html


def environment() -> Environment:
    """The templates' environment: everything escaped, everything defined."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        lstrip_blocks=True,
    )
    made.filters.update({function.__name__: function for function in FILTERS})
    return made
