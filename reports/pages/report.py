"""The report: one HTML document from the evidence of a run, and the files attached to its PDF.

Owns what the templates of the report are given. Content is `context`, figures are `all_figures`; the order of the work
is `render`.
"""

from collections.abc import Sequence

from markupsafe import Markup

from protocols.storage.run_folder import RunFolder
from reports.appendices.appendices import appendices_of
from reports.content import looks
from reports.content.context import ReportContext
from reports.content.robustness import ATTACHED_AS
from reports.fonts.supplied import SuppliedFont
from reports.language import formatting, names
from reports.pages.all_figures import Gallery
from reports.pages.environment import environment
from reports.pages.glyph_coverage import drawable, sources_of
from reports.pages.numbering import Numbering, sections
from reports.pdf.render_pdf import Attached


def report_page(context: ReportContext, figures: Gallery, *, fonts: Sequence[SuppliedFont] = ()) -> str:
    """Write the report as one self-contained HTML document.

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
                deciding=looks.deciding_level(context.results),
                levels=looks.both_levels(context.results),
                of_planned=looks.of_planned(context.results, context.look_number),
                alpha_of_look=looks.alpha_of_look(context.results),
                font_face_css=Markup(css),
            )
        )

    return drawable(written, sources_of(context), fonts)


def report_attachments(run: RunFolder, context: ReportContext) -> tuple[Attached, ...]:
    """Return the evidence attached to the PDF of a report."""
    attached = [
        Attached(run.results.name, "All numbers of this report", context.results_json),
        Attached(run.line_listing.name, "One line an image", context.listing_csv),
    ]
    if context.robustness:
        attached.append(
            Attached(ATTACHED_AS, "All numbers of changed pictures", context.robustness.results_json)
        )
    return tuple(attached)
