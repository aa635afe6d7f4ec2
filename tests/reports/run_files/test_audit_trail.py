"""The audit trail tells what was recorded before the report and nothing that the report itself adds."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.errors import EvidenceDiffersError
from protocols.ledger.chain import Action, Event, Touched, append
from protocols.storage.manifest import write_manifest
from protocols.storage.run_folder import RunFolder
from reports.appendices.bill_of_materials import bill_of_materials
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.run_files.audit_trail import MOST_ENTRIES, durations_of, read_trail
from tests.conftest import Outcome
from tests.reports.conftest import rows_under, seen, stamps

STAMP = stamps()()


def test_stages_stand_in_the_order_of_a_run_without_the_report(
    context_of: Callable[[str], ReportContext],
) -> None:
    seconds = {"report": 9.0, "validate": 1.5, "train": 60.0, "other": 2.0, "predict": 3.0}
    record = replace(context_of("passing").record, durations_seconds=seconds)
    told = [(one.stage, one.seconds) for one in durations_of(record)]
    assert told == [
        ("device trained", 60.0),
        ("images scored", 3.0),
        ("results computed", 1.5),
        ("other", 2.0),
    ]


def test_a_report_rendered_again_says_the_same(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("without criteria and subgroups")
    after = replace(context.record, durations_seconds={"report": 9.0}, render_stack={"pango": "1.50"})
    assert page_from(context) == page_from(replace(context, record=after))


def test_materials_are_the_recorded_ones(context_of: Callable[[str], ReportContext]) -> None:
    versions = {"numpy": "2.4.6", "keras": "not installed", "arrow": "1"}
    made = bill_of_materials(replace(context_of("passing").record, versions=versions), None)
    assert [(part.name, part.version) for part in made.software] == [
        ("cxr510k", "0.1.0"),
        ("python", "3.11"),
        ("arrow", "1"),
        ("numpy", "2.4.6"),
    ]
    assert made.weights_sha256 is None
    assert len({font.file for font in made.fonts}) == len(made.fonts) > 0


@pytest.fixture
def run(run_of: Callable[[str], RunFolder], tmp_path: Path) -> RunFolder:
    """A locked run of one's own."""
    root = tmp_path / "run"
    shutil.copytree(run_of("locked").root, root)
    return RunFolder(root)


def done(run: RunFolder, action: Action, before: str | None = None, after: str | None = None) -> None:
    append(run.trail, Event(action, [Touched("thing", before, after)]), STAMP)


def test_the_trail_is_tabled_by_hand(
    run: RunFolder, page_from: Callable[[ReportContext], str], context_of: Callable[[str], ReportContext]
) -> None:
    done(run, "robustness", "a" * 64, "b" * 64)
    document = page_from(report_context(run))
    first, second = rows_under(document, "What was done to the run folder")[1:]
    results = context_of("locked").document.results_sha256
    assert first[:4] == ["1", "2026-11-19T07:30:15Z", "Ada Byron (ada), statistician", "run folder made"]
    assert f"results.json {results[:8]}…{results[-4:]}" in first[4]
    assert second[0] == "2"
    assert second[1].endswith("clock went back")
    assert second[3:] == ["changed pictures tested", "thing aaaaaaaa…aaaa → bbbbbbbb…bbbb"]
    assert "It supports records under 21 CFR Part 11; who a person is" in seen(document)


def test_what_a_report_a_bundle_and_a_repair_add_is_not_told(
    run: RunFolder, page_from: Callable[[ReportContext], str]
) -> None:
    before = page_from(report_context(run))
    done(run, "report")
    with run.trail.open("ab") as trail:
        trail.write(b"torn")
    done(run, "bundle")
    assert page_from(report_context(run)) == before


def test_a_long_trail_is_cut_and_says_so(run: RunFolder, page_from: Callable[[ReportContext], str]) -> None:
    for _ in range(MOST_ENTRIES + 2):
        done(run, "robustness", "a" * 64)
    trail = read_trail(run)
    assert (len(trail.entries), trail.left_out) == (MOST_ENTRIES, 3)
    assert trail.entries[-1].seq == MOST_ENTRIES + 3
    document = page_from(report_context(run))
    assert "3 older entries of the same kind: see trail.jsonl." in seen(document)
    assert "aaaaaaaa…aaaa → gone" in seen(document)


def test_a_trail_whose_chain_is_broken_is_refused(run: RunFolder) -> None:
    done(run, "robustness")
    run.trail.write_bytes(run.trail.read_bytes().replace(b'"run"', b'"report"', 1))
    with pytest.raises(EvidenceDiffersError, match="does not follow the line before it"):
        read_trail(run)


@pytest.mark.slow
def test_a_report_rendered_again_and_by_a_rerun_is_the_same_to_the_byte(
    libraries: None, run: RunFolder, command: Callable[..., Outcome]
) -> None:
    """Of a locked run whose evidence changed once since; each rendering adds to the trail."""
    done(run, "robustness", None, "c" * 64)
    write_manifest(run.root)
    documents = (run.report_pdf, run.report_html, run.summary_pdf, run.summary_html)
    assert command("report", run.root).code == 0
    once, trail = [path.read_bytes() for path in documents], run.trail.read_bytes()
    assert command("report", run.root).code == 0
    assert [path.read_bytes() for path in documents] == once
    assert len(run.trail.read_bytes()) > len(trail)
    again = command("rerun", run.root, "--level", 1)
    assert again.code == 0, again.out
    told = again.out.splitlines()
    for path in documents:
        assert any(path.name in line and "identical" in line for line in told)
