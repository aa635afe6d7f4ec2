"""What a report says of changed pictures: belongs to the run, says everything, and changes no report without it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.progress import silent
from protocols.storage.canonical import json_text, write_text
from protocols.storage.run_folder import RunFolder
from protocols.tables.perturbation_scores import (
    Family,
    PerturbationFolder,
    PerturbationItem,
    PerturbationScores,
    Withheld,
)
from reports.content.context import ReportContext
from reports.content.robustness import ATTACHED_AS
from reports.content.run_evidence import report_context
from reports.pages.all_figures import gallery
from reports.pages.report import report_page
from reports.pdf.read_pdf import PrintedPdf
from reports.render import render
from tests.reports.conftest import PROTOCOLS, make_run
from validation.analyses.robustness import robustness

TIMING = {
    "schema": "cxr510k-timing/1",
    "device": "cpu",
    "device_name": "A processor",
    "backend": "tensorflow",
    "network": "compact",
    "image_size": 128,
    "images": 200,
    "stages": [
        {
            "stage": "network",
            "batch": 64,
            "measurements": 20,
            "median_ms": 0.5,
            "p95_ms": 0.75,
            "max_ms": 1.25,
        }
    ],
}


def item(id_: str, family: Family, withholds: Withheld = "") -> PerturbationItem:
    return PerturbationItem(id_, family, withholds, id_.replace("_", " "), f"What {id_} does.")


def add_robustness(run: RunFolder, *, timing: bool = True) -> None:
    """A battery of four items on the scores that the run analysed."""
    rows = [line.split(",") for line in (run.inputs / "predictions.csv").read_text().splitlines()[1:]]
    scored = [(image, float(score)) for image, score, status in rows if status == "ok"]
    unchanged = np.array([score for _, score in scored])
    rng = np.random.default_rng(5)
    shaken = (unchanged + rng.normal(0, 0.1, len(unchanged))).clip(0, 1).round(6)
    items = (
        item("unchanged", "repeat"),
        item("repeated", "repeat"),
        item("shaken", "perturbation"),
        item("nothing_new", "perturbation"),
        item("lungs_masked", "shortcut", "lungs"),
        item("flat", "shortcut", "everything"),
    )
    score = np.stack([unchanged, unchanged, shaken, unchanged, unchanged, np.full(len(unchanged), 0.3)])
    made = PerturbationScores(items, tuple(image for image, _ in scored), score)
    folder = PerturbationFolder.of(run)
    folder.root.mkdir()
    write_text(folder.items, made.items_csv())
    write_text(folder.scores, made.scores_csv())
    write_text(folder.results, robustness(run, folder, silent).to_json())
    if timing:
        write_text(folder.timing, json_text(TIMING))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    made = make_run(tmp_path_factory.mktemp("robust"), PROTOCOLS["passing"])
    add_robustness(made)
    return made


@pytest.fixture(scope="module")
def context(run: RunFolder) -> ReportContext:
    return report_context(run)


@pytest.fixture(scope="module")
def html(context: ReportContext) -> str:
    return report_page(context, gallery(context))


def section(html: str, id_: str = "perturbations") -> str:
    """The section without tags, spaces made single."""
    found = re.search(rf'<section class="section" id="{id_}">.*?</section>', html, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<title>.*?</title>|<[^>]+>", " ", found.group(), flags=re.DOTALL).split())


def test_section_stands_where_the_folder_is(html: str) -> None:
    assert re.search(r'<h2 data-title="\d+ Robustness of the device">', html)
    assert 'href="#perturbations"' in html


def test_report_without_the_folder_is_as_before(
    context: ReportContext, page_of: Callable[[str], str]
) -> None:
    """Taking the evidence out of the context gives the bytes of the report of the same study without it."""
    without = replace(
        context,
        robustness=None,
        cautions=tuple(one for one in context.cautions if one.section != "perturbations"),
    )
    assert report_page(without, gallery(without)) == page_of("passing")
    assert "perturbations" not in page_of("passing")


def test_numbers_of_the_table_are_those_of_the_results(context: ReportContext, html: str) -> None:
    assert context.robustness
    text = section(html)
    shaken = context.robustness.perturbations[0]
    for change in shaken.changes:
        assert change.difference.value is not None
        assert change.difference.interval is not None
        low, high = (f"{bound:.3f}".replace("-", "−") for bound in change.difference.interval)
        assert f"{low} to {high}" in text
    assert f"shaken {shaken.change('sensitivity').difference.value:+.3f}".replace("-", "−") in text
    assert f"{shaken.flips.to_negative} {shaken.flips.to_positive} {shaken.flips.share.value:.3f}" in text
    assert "0.50 0.75 1.25" in section(html, "workflow")
    assert "A processor" in section(html, "workflow")


def test_what_is_not_given_is_said(html: str) -> None:
    text = section(html)
    assert "Interval not given, the same on every draw: change of sensitivity with nothing new" in text
    assert "None" not in text
    assert "nan" not in text.split()


def test_cautions_stand_in_the_summary_and_in_the_section(html: str) -> None:
    assert html.count("Caution · Lungs masked.") == 4
    assert "Hiding the lungs does not demonstrably change the AUROC." in section(html)


def test_every_item_is_explained(context: ReportContext, html: str) -> None:
    assert context.robustness
    text = section(html)
    for one in (*context.robustness.perturbations, *context.robustness.shortcuts):
        assert one.does in text


def test_section_needs_no_timing(tmp_path: Path) -> None:
    made = make_run(tmp_path, PROTOCOLS["text-mined"])
    add_robustness(made, timing=False)
    found = report_context(made)
    text = section(report_page(found, gallery(found)))
    assert "workflow" not in found.optional_sections
    assert "Positive per cent agreement" in text
    assert not re.search("sensitivity|specificity", text, re.IGNORECASE)


@pytest.mark.slow
def test_results_are_attached_to_the_pdf(run: RunFolder, libraries: None) -> None:
    attached = PrintedPdf(render(run, silent).report.pdf).attachments
    assert attached[ATTACHED_AS] == PerturbationFolder.of(run).results.read_bytes()


@pytest.fixture
def spoilt(tmp_path: Path) -> Iterator[RunFolder]:
    made = make_run(tmp_path, PROTOCOLS["without criteria and subgroups"])
    add_robustness(made)
    yield made


@pytest.mark.parametrize("file", ["scores", "items"])
def test_other_tables_than_the_results_were_made_from_are_refused(file: str, spoilt: RunFolder) -> None:
    path: Path = getattr(PerturbationFolder.of(spoilt), file)
    write_text(path, path.read_text() + "\n")
    with pytest.raises(EvidenceDiffersError, match=f"was made from another {path.name}"):
        report_context(spoilt)


def test_a_test_of_another_run_is_refused(spoilt: RunFolder) -> None:
    folder = PerturbationFolder.of(spoilt)
    document = json.loads(folder.results.read_text())
    document["identities"]["results_sha256"] = "0" * 64
    write_text(folder.results, json_text(document))
    with pytest.raises(EvidenceDiffersError, match=r"was made from another results\.json"):
        report_context(spoilt)


@pytest.mark.parametrize("file", ["results", "scores", "items"])
def test_a_missing_file_is_refused(file: str, spoilt: RunFolder) -> None:
    path: Path = getattr(PerturbationFolder.of(spoilt), file)
    path.unlink()
    with pytest.raises(BadInputError, match=f"{path.name}: cannot be read"):
        report_context(spoilt)


def test_timing_of_another_form_is_refused(spoilt: RunFolder) -> None:
    write_text(PerturbationFolder.of(spoilt).timing, "{}")
    with pytest.raises(BadInputError, match=r"timing\.json: is not cxr510k-timing/1"):
        report_context(spoilt)
