"""The summary: two to four pages with the numbers of the report, and the file attached to its PDF.

Owns what the templates of the summary are given. Its content is `summary_contents`; evidence, vocabulary, figures and
layout are those of the report. The order of its parts follows the list in 21 CFR 807.92, without a claim to fulfil it.
"""

from collections.abc import Sequence

from markupsafe import Markup

from protocols.storage.run_folder import RunFolder
from reports.content import looks
from reports.content.context import ReportContext
from reports.fonts.supplied import SuppliedFont
from reports.language import formatting, names
from reports.pages.environment import environment
from reports.pages.glyph_coverage import drawable, sources_of
from reports.pages.numbering import Numbering
from reports.pages.summary_contents import METRICS, SummaryContents, contents_of
from reports.pdf.render_pdf import Attached


def summary_page(
    context: ReportContext, contents: SummaryContents | None = None, *, fonts: Sequence[SuppliedFont] = ()
) -> str:
    """Write the summary as one self-contained HTML document.

    Args:
        context: the evidence.
        contents: from `contents_of`; computed here where none is given.
        fonts: for characters that no bundled font has.

    Raises:
        BadInputError: a character of it is in no bundled font and in none of ``fonts``.
    """
    shown = contents or contents_of(context)

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
                m=shown,
                metrics=METRICS,
                names=names,
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


def summary_attachments(run: RunFolder, context: ReportContext) -> tuple[Attached, ...]:
    """Return the evidence attached to the PDF of a summary."""
    return (Attached(run.results.name, "All numbers of this summary", context.results_json),)
