"""Red team: every way in which a number could stand in a report without its evidence is tried, and must be found."""

import copy
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from markupsafe import Markup

from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.figures.canvas import Drawing, Label
from reports.fonts.bundled import font_face_css
from reports.number_check.check import lint, refuse_numbers
from reports.number_check.evidence import LintEvidence
from reports.number_check.figure_data import figure_data
from reports.number_check.finding import LintFinding, NumbersDifferError
from reports.pages.all_figures import gallery
from reports.pages.environment import environment
from reports.pages.number_evidence import lint_evidence
from reports.pages.report import report_page
from reports.pdf.render_pdf import lay_out
from reports.pdf.render_stack import missing_libraries
from reports.provenance.source_marks import without_elements
from reports.provenance.sourced_numbers import marking
from reports.render import Rendered

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="description" content="A page"><style>{{ css }} body { font-family: "cxr510k Sans"; }</style></head><body>
<h1>A page</h1>"""
BODY = """<p>{{ r.cohort.images | counted("image") }}, sensitivity {{ e.value | decimal }}
({{ e.decision | interval }}),
{{ e | fraction }}; {{ r.cohort.prevalence | percent }} positive; {{ e.positives | proportion(e.images) }}.</p>"""

Laid = tuple[bytes, str, LintEvidence]


@pytest.fixture(scope="module")
def context(run_of: Callable[[str], RunFolder]) -> ReportContext:
    """Evidence whose numbers carry their sources."""
    with marking():
        return report_context(run_of("passing"))


@pytest.fixture(scope="module")
def lay(context: ReportContext) -> Callable[..., Laid]:
    """A small document laid out from a template: PDF, HTML and evidence."""

    def of(body: str = BODY, *, paper: bool = True, **variables: object) -> Laid:
        with marking():
            html = (
                environment()
                .from_string(HEAD + body + "</body></html>")
                .render(
                    css=Markup(font_face_css()),
                    r=context.results,
                    e=context.whole.estimates["sensitivity"],
                    **variables,
                )
            )
        date = datetime(2026, 11, 21, tzinfo=UTC)
        pdf = lay_out(without_elements(html), date=date, attached=[]) if paper else b""
        return pdf, html, lint_evidence(context)

    return of


@pytest.fixture(scope="module")
def honest(lay: Callable[..., Laid]) -> Laid:
    """A page whose numbers all have their source."""
    missing = missing_libraries()
    if missing:
        pytest.skip(f"needs the system libraries {', '.join(missing)}")
    return lay()


def rules(findings: tuple[LintFinding, ...]) -> set[str]:
    """The rules that were broken."""
    return {finding.rule for finding in findings}


def test_an_honest_page_has_no_finding(honest: Laid) -> None:
    assert lint(*honest) == ()


@pytest.mark.parametrize(
    "typed",
    [
        "<p>Sensitivity 0.913.</p>",
        "<p>{{ r.cohort.images | counted('image') }}, of them 37 read twice.</p>",
        "<p>All 1,234 images.</p>",
        "<td>87.3 %</td>",
        "<p>Of these 12/34 were found.</p>",
        "<p>{{ '0.913' }}</p>",
        "<p>{{ 0.913 | decimal }}</p>",
        "<p>{{ 98765 | count }}</p>",
    ],
)
def test_a_number_typed_in_a_template_is_found(honest: Laid, lay: Callable[..., Laid], typed: str) -> None:
    """The PDF is of an honest page, which is another finding: only what is said of sources counts here."""
    pdf, *_ = honest
    assert rules(lint(pdf, *lay(BODY + typed, paper=False)[1:])) - {"pdf"} == {"unsourced"}


def test_a_swapped_key_is_found(honest: Laid) -> None:
    pdf, html, evidence = honest
    swapped = html.replace("cohort.images", "cohort.patients")
    assert swapped != html
    assert rules(lint(pdf, swapped, evidence)) == {"value"}


def test_a_key_that_nothing_has_is_found(honest: Laid) -> None:
    pdf, html, evidence = honest
    assert rules(lint(pdf, html.replace("cohort.images", "cohort.pictures"), evidence)) == {"source"}


def test_per_cent_that_is_not_the_share_is_found(honest: Laid) -> None:
    """Both counts are right and stand in the evidence; what is said of them is not."""
    pdf, html, evidence = honest
    share = f"{100 * evidence.results['cohort']['positives'] / evidence.results['cohort']['images']:.1f}"
    assert share in html
    wrong = html.replace(f"({share}", "(12.3")
    assert "value" in rules(lint(pdf, wrong, evidence))


def test_a_number_that_is_none_is_found(honest: Laid, lay: Callable[..., Laid]) -> None:
    pdf, *_ = honest
    typed = "<p>{{ float('nan') }}</p><p>{{ float('inf') | decimal }}</p><p>{{ nothing }}</p>"
    broken = lint(pdf, *lay(BODY + typed, paper=False, float=float, nothing=None)[1:])
    assert [finding.rule for finding in broken] == ["finite"] * 3


def test_a_stray_number_in_a_figure_is_found(libraries: None, lay: Callable[..., Laid]) -> None:
    def drawn(*texts: str) -> Laid:
        labels = tuple(Label(10, 10.0 * place, text, "start", "ink") for place, text in enumerate(texts))
        drawing = Drawing("d", 100, 100, Markup("<svg></svg>"), labels, "A figure", figure_data(("x",), []))
        spans = '<div class="drawing">{% for one in d.labels %}<span>{{ one.text }}</span>{% endfor %}</div>'
        return lay(BODY + spans, d=drawing)

    assert lint(*drawn("0.25", "0.5", "Sensitivity")) == ()
    assert rules(lint(*drawn("0.25", "0.5", "Sensitivity 0.9137"))) == {"unsourced"}
    assert rules(lint(*drawn("0.25", "0.5", "0.9137"))) == {"unsourced"}


def altered(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """The PDF with something done to it afterwards."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        made = io.BytesIO()
        document.save(made)
        return made.getvalue()


def test_a_second_layer_of_text_is_found(honest: Laid) -> None:
    pdf, html, evidence = honest

    def write_over(document: pikepdf.Pdf) -> None:
        first = document.pages[0]
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        name = first.add_resource(font, pikepdf.Name.Font)
        first.contents_add(f"BT {name} 9 Tf 1 0 0 1 90 90 Tm (0.987) Tj ET".encode())

    (found,) = lint(altered(pdf, write_over), html, evidence)
    assert (found.rule, found.page, found.token) == ("pdf", 1, "0.987")


def test_a_number_missing_from_the_pdf_is_found_though_it_stands_elsewhere(
    libraries: None, lay: Callable[..., Laid]
) -> None:
    once, (_, twice, evidence) = lay()[0], lay(BODY + "<p>{{ e.positives | counted('positive') }}</p>")
    assert rules(lint(once, twice, evidence)) == {"pdf"}


def test_a_sentence_that_ends_in_a_number_is_no_marker_of_a_list(
    libraries: None, lay: Callable[..., Laid]
) -> None:
    """The list prints no markers, like the contents of a report, so none of its numbers is to be looked for."""
    items = "<ol style='list-style: none'>{% for _ in range(e.positives) %}<li>one</li>{% endfor %}</ol>"
    assert lint(*lay(BODY + items + "<p>{{ e.positives | count }}.</p>")) == ()


def test_a_glyph_changed_in_the_pdf_alone_is_found(libraries: None, lay: Callable[..., Laid]) -> None:
    """The digits of one number are set in another order."""
    pdf, html, evidence = lay("<p>{{ e.value | decimal }}</p>")
    text = f"{evidence.numbers['results.json#estimates[sensitivity, overall=all].value']:.3f}"

    def turn(document: pikepdf.Pdf) -> None:
        changed = []
        instructions: Any = pikepdf.parse_content_stream(document.pages[0])
        for operands, operator in instructions:
            if str(operator) == "TJ" and len(codes(operands[0])) == len(text):
                pieces = codes(operands[0])
                operands = [pikepdf.Array([*map(pikepdf.String, [*pieces[:2], *reversed(pieces[2:])])])]
            changed.append((operands, operator))
        document.pages[0].Contents = document.make_stream(pikepdf.unparse_content_stream(changed))

    assert text != text[:2] + text[:1:-1]
    assert rules(lint(altered(pdf, turn), html, evidence)) == {"pdf"}


def test_two_numbers_that_change_places_in_a_row_are_found(libraries: None, lay: Callable[..., Laid]) -> None:
    pdf, html, evidence = lay(
        "<table><caption>Bounds</caption><tr><th scope='col'>Lower</th><th scope='col'>Upper</th></tr>"
        "<tr><td>{{ e.decision[0] | decimal }}</td><td>{{ e.decision[1] | decimal }}</td></tr></table>"
    )

    def swap(document: pikepdf.Pdf) -> None:
        instructions: Any = pikepdf.parse_content_stream(document.pages[0])
        shown = [(list(operands), operator) for operands, operator in instructions]
        bounds = [operands for operands, operator in shown if str(operator) == "TJ"][-2:]
        bounds[0][0], bounds[1][0] = bounds[1][0], bounds[0][0]
        document.pages[0].Contents = document.make_stream(pikepdf.unparse_content_stream(shown))

    assert lint(pdf, html, evidence) == ()
    assert rules(lint(altered(pdf, swap), html, evidence)) == {"pdf"}


def codes(shown: pikepdf.Array) -> list[bytes]:
    """The glyphs of an operand, one each."""
    letters = b"".join(bytes(one) for one in shown if isinstance(one, pikepdf.String))
    return [letters[at : at + 2] for at in range(0, len(letters), 2)]


def spoilt(evidence: LintEvidence, change: Callable[[dict[str, object]], None]) -> LintEvidence:
    """The evidence with another results.json."""
    results = copy.deepcopy(dict(evidence.results))
    change(results)
    return replace(evidence, results=results)


def test_evidence_that_contradicts_itself_refuses_with_exit_code_1(honest: Laid) -> None:
    pdf, html, evidence = honest

    def outside(results: dict[str, object]) -> None:
        estimates = results["estimates"]
        assert isinstance(estimates, list)
        estimates[0]["intervals"][estimates[0]["decision_interval"]] = [0.0, 0.001]

    with pytest.raises(NumbersDifferError, match="outside its interval") as refused:
        refuse_numbers(pdf, html, spoilt(evidence, outside))
    assert refused.value.exit_code == 1


def test_a_fault_of_a_template_refuses_with_exit_code_4(honest: Laid, lay: Callable[..., Laid]) -> None:
    pdf, *_ = honest
    with pytest.raises(NumbersDifferError, match=r"0\.913") as refused:
        refuse_numbers(pdf, *lay(BODY + "<p>Sensitivity 0.913.</p>", paper=False)[1:])
    assert refused.value.exit_code == 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["passing", "text-mined", "no positives"])
def test_whole_reports_have_no_finding(
    libraries: None, rendered_of: Callable[[str], Rendered], name: str
) -> None:
    """`render` refuses a report with one."""
    assert '<data value="=&quot;results.json#cohort.images&quot;">' in rendered_of(name).report.html


@pytest.mark.slow
def test_sources_change_no_letter_of_a_page(run_of: Callable[[str], RunFolder]) -> None:
    plain = report_context(run_of("passing"))
    with marking():
        context = report_context(run_of("passing"))
        sourced = report_page(context, gallery(context))
    assert without_elements(sourced) == report_page(plain, gallery(plain))


def test_the_numbers_of_results_are_read_from_its_bytes(
    context: ReportContext, run_of: Callable[[str], RunFolder]
) -> None:
    written = json.loads(Path(run_of("passing").results).read_bytes())
    assert context.numbers["results.json#cohort.images"] == written["cohort"]["images"]
