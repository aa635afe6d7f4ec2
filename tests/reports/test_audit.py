"""The audit trail tells what was recorded before the report and nothing that the report itself adds."""

from collections.abc import Callable
from dataclasses import replace

from reports.audit import durations_of
from reports.bill_of_materials import bill_of_materials
from reports.context import ReportContext


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
