"""The summary: the report's numbers and no others, the sponsor's words or a gap, and two to four pages."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.schema.submission import Predicate, Submission
from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.robustness import read_robustness
from reports.content.run_evidence import report_context
from reports.language import formatting
from reports.pages.summary import summary_page
from reports.pages.summary_contents import MOST_CRITERIA, SPONSOR, contents_of
from reports.pdf.page_text import printed_pages
from reports.pdf.read_pdf import PrintedPdf
from reports.provenance.source_marks import without_elements
from reports.render import Rendered
from reports.run_files.localisation import LocalisationReport
from tests.reports.conftest import PROTOCOLS, make_run, rows_under, seen
from tests.reports.content.test_robustness import add_robustness
from validation.results.secondary import Baseline, Localisation, Localised, Measured

STUDIES = sorted(PROTOCOLS)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def summary(context_of: Callable[[str], ReportContext]) -> Callable[[str], str]:
    made: dict[str, str] = {}

    def of(name: str) -> str:
        if name not in made:
            made[name] = summary_page(context_of(name))
        return made[name]

    return of


def text_of(document: str) -> str:
    shown = re.sub(r"<(style|title|svg)\b.*?</\1>", " ", document, flags=re.DOTALL)
    return seen(re.sub(r"</?span\b[^>]*>", "", shown))


def cells(document: str) -> list[str]:
    """All cells of the tables of numbers."""
    tables = re.findall(r"<table class=\"(?:criteria|metrics).*?</table>", document, re.DOTALL)
    assert tables
    return [seen(cell) for table in tables for cell in re.findall(r"<td.*?</td>", table, re.DOTALL)]


def as_printed(value: object) -> set[str]:
    """Every number below a value as a table may print it."""
    if isinstance(value, bool):
        return set()
    if isinstance(value, int):
        return {formatting.count(value), formatting.decimal(value)}
    if isinstance(value, float):
        return {formatting.decimal(value), formatting.goal(value)}
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(as_printed, below))


def given(context: ReportContext, **texts: object) -> ReportContext:
    """The context with statements of the sponsor, and without the missing statements that they supply."""
    protocol = context.protocol.model_copy(update={"submission": Submission.model_validate(texts)})
    missing = tuple(one for one in context.missing_statements if one.key not in texts)
    return replace(context, protocol=protocol, missing_statements=missing)


@pytest.mark.parametrize("name", STUDIES)
def test_every_number_of_a_table_is_one_of_the_results_as_printed(
    summary: Callable[[str], str], run_of: Callable[[str], RunFolder], name: str
) -> None:
    allowed = as_printed(json.loads(run_of(name).results.read_bytes()))
    printed = {number for cell in cells(summary(name)) for number in NUMBER.findall(cell)}
    assert printed
    assert printed <= allowed


@pytest.mark.parametrize("name", ["by patient, missing excluded", "failing", "text-mined"])
def test_its_numbers_are_the_reports_own(
    summary: Callable[[str], str], page_of: Callable[[str], str], name: str
) -> None:
    of_the_report = set(NUMBER.findall(text_of(page_of(name))))
    assert {number for cell in cells(summary(name)) for number in NUMBER.findall(cell)} <= of_the_report


@pytest.mark.parametrize("name", STUDIES)
def test_nothing_is_blank_or_not_a_number(summary: Callable[[str], str], name: str) -> None:
    assert not re.search(r"\b(nan|NaN|None|inf)\b", text_of(summary(name)))
    assert not re.search(r"<(td|p|dd|li)[^>]*>\s*</\1>", summary(name))
    assert not re.search(r"<tbody>\s*</tbody>", summary(name))


def test_it_asks_for_nothing_outside_itself(summary: Callable[[str], str]) -> None:
    document = summary("passing")
    assert "<script" not in document
    assert "<link" not in document
    assert all(address.startswith(("data:", "#")) for address in re.findall(r"url\(([^)]*)\)", document))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("passing", "every acceptance criterion of the protocol was met"),
        ("failing", "not met (SP), so the study fails"),
        ("every row insufficient", "could not be decided (SE and AUC), so the study concludes nothing"),
        ("without criteria and subgroups", "sets no acceptance criterion: the numbers describe"),
    ],
)
def test_the_conclusion_restates_the_verdict_by_hand(
    summary: Callable[[str], str], name: str, told: str
) -> None:
    text = text_of(summary(name))
    assert f"For computer-aided detection of airspace opacity, {told}"[:50] in text
    assert told in text
    assert "Whether the device is as safe and as effective as a predicate is not concluded here." in text


def test_text_mined_labels_leave_no_word_of_accuracy(summary: Callable[[str], str]) -> None:
    text = text_of(summary("text-mined"))
    assert "standalone agreement" in text
    assert "Positive per cent agreement" in text
    assert "Labels mined from the text of reports are no reference standard" in text
    assert not re.search(r"sensitivity|specificity|prevalence|true positive|predictive value", text.lower())
    assert "Accuracy was not measured" in text


def test_without_words_of_the_sponsor_each_is_a_gap(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    contents, text = contents_of(context), text_of(summary_page(context))
    assert contents.missing == sum(len(keys) for keys in SPONSOR.values())
    assert "Gap. The sponsor supplies: sponsor and contact." in text
    assert "What only the sponsor can state is missing above" in text
    assert "DRAFT" in context.document.stamps


def test_words_of_the_sponsor_stand_in_their_places_and_close_the_gaps(
    context_of: Callable[[str], ReportContext],
) -> None:
    words = {key: f"words on {key} <b>" for keys in SPONSOR.values() for key in keys if key != "predicate"}
    predicate = Predicate(name="Earlier", number="K000000", comparison="the same kind of network")
    context = given(context_of("passing"), predicate=predicate, **words)
    document = summary_page(context)
    text = text_of(document)
    assert "Gap." not in text
    assert "Earlier (K000000)" in text
    assert "Technological comparison the same kind of network" in text
    assert all(f"words on {key} &lt;b&gt;" in document for key in words)


@pytest.mark.parametrize("metric", ["sensitivity", "specificity"])
def test_every_row_without_enough_patients_is_marked(
    rows: Callable[[str], list[list[str]]], context_of: Callable[[str], ReportContext], metric: str
) -> None:
    whole = context_of("every row insufficient").whole.estimates[metric]
    assert whole.status == "insufficient"
    levels = [row[0] for row in rows("every row insufficient") if len(row) == 8 and row[0]][1:]
    assert levels
    assert all(level.endswith("insufficient") for level in levels)


@pytest.fixture
def rows(summary: Callable[[str], str]) -> Callable[[str], list[list[str]]]:
    """The rows of the table of subgroups of a study."""
    return lambda name: rows_under(
        summary(name), "with the deciding interval (95\u00a0%). Positive and negative"
    )


def test_only_age_sex_and_view_are_tabled_and_the_others_named(summary: Callable[[str], str]) -> None:
    text = text_of(summary("passing"))
    assert "By age_years and sex" not in text
    assert "By age and sex, with the deciding interval" in text
    assert "In the report as well: sex and view." in text


def test_without_positives_a_forest_stands_for_the_curve_by_hand(summary: Callable[[str], str]) -> None:
    text = text_of(summary("no positives"))
    assert "No ROC curve: one class has no score." in text
    assert "not estimable (0 positives)" in text
    assert "by subgroup. Line" in text


def test_of_many_criteria_the_worst_are_shown(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("failing")
    by_verdict = {row.result.verdict: row for row in context.acceptance}
    many = (*[by_verdict["met"]] * MOST_CRITERIA, by_verdict["not_met"], *context.consistency)
    contents = contents_of(replace(context, criteria=many))
    assert contents.criteria[0].result.verdict == "not_met"
    assert len(contents.criteria) == MOST_CRITERIA
    assert contents.criteria_elsewhere == 1


def test_robustness_is_one_line_of_its_own_numbers(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.root.mkdir()
    make_run(run.root, PROTOCOLS["passing"])
    add_robustness(run, timing=False)
    context = report_context(run)
    assert context.robustness == read_robustness(run, run.results.read_bytes(), context.words)
    assert context.robustness is not None
    changes = [item.change("auroc").difference.value for item in context.robustness.perturbations]
    low, high = (
        formatting.signed(end([value for value in changes if value is not None])) for end in (min, max)
    )
    assert f"AUROC changed by {low} to {high}." in text_of(summary_page(context))


def test_localisation_is_one_line_by_hand(context_of: Callable[[str], ReportContext]) -> None:
    rate = Measured(0.4, (0.3, 0.5), None)
    row = Localised(images=20, patients=12, marked=20, hits=8, hit_rate=rate, overlap=rate)
    found = Localisation(
        positives=25,
        without_box=5,
        boxed_not_positive=0,
        boxes=22,
        whole=row,
        called=row,
        not_called=row,
        baselines=(Baseline("chance", 0.1, Measured(0.3, (0.2, 0.4))),),
        fixed_place=(0.5, 0.5),
        overlaps=(),
        unused_boxes=0,
        unused_marks=0,
    )
    text = text_of(summary_page(replace(context_of("passing"), look=LocalisationReport(found, (), (), ()))))
    assert "In 8 of 20 positive images with a box" in text
    assert (
        "hit rate 0.400 (0.300–0.500). Without seeing the image: a point anywhere 0.100. The device points"
        in text
    )


def test_it_names_the_results_it_was_made_from(
    summary: Callable[[str], str], context_of: Callable[[str], ReportContext]
) -> None:
    text, document = text_of(summary("passing")), context_of("passing").document
    assert document.results_sha256 in text
    assert document.protocol_sha256 in text
    assert "claims neither to be complete under it nor to be accepted by anyone" in text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["passing", "every row insufficient", "text-mined", "no positives"])
def test_it_has_two_to_four_pages_that_say_what_they_are(
    libraries: None, run_of: Callable[[str], RunFolder], rendered_of: Callable[[str], Rendered], name: str
) -> None:
    run, rendered = run_of(name), rendered_of(name).summary
    pages = ["".join(page.pieces) for page in printed_pages(rendered.pdf)]
    assert 2 <= len(pages) <= 4
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in text
        assert "VR-study-2, summary · EXPLORATORY · DRAFT" in text
    assert PrintedPdf(rendered.pdf).attachments == {"results.json": run.results.read_bytes()}
    assert without_elements(rendered.html) == summary_page(report_context(run))
