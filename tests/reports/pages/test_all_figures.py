"""All figures of many studies: described, with their data, within their bounds, and no two lines of letters meet."""

import itertools
from collections.abc import Callable

import pytest

from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.figures.canvas import Drawing, Label
from reports.pages.all_figures import gallery
from reports.pages.exports import drawings_of
from reports.provenance.source_marks import OPEN
from reports.provenance.sourced_numbers import marking
from tests.reports.conftest import CONSENSUS, HEAD, PASSING, PROTOCOLS, STATED, make_run

LINE = 7.0  # two baselines nearer than this share a line
SLACK = 0.5
LONG = "Saint Mary's University Hospital of the Northern Districts mobile unit 17"
AXES = ('"manufacturer"', '"sex"', '["sex", "manufacturer"]')


def meet(first: Label, second: Label) -> bool:
    return (
        abs(first.y - second.y) < LINE
        and first.start < second.end - SLACK
        and second.start < first.end - SLACK
    )


def check(drawings: list[Drawing]) -> None:
    assert len({one.name for one in drawings}) == len(drawings)
    for one in drawings:
        assert one.description.endswith("."), one.name
        assert one.data.rows, one.name
        outside = [
            label
            for label in one.labels
            if label.start < -SLACK or label.end > one.width + SLACK or not 0 <= label.y <= one.height
        ]
        assert not outside, one.name
        met = [(a.text, b.text) for a, b in itertools.combinations(one.labels, 2) if meet(a, b)]
        assert not met, one.name


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_every_figure_of_every_study(name: str, context_of: Callable[[str], ReportContext]) -> None:
    check(list(drawings_of(gallery(context_of(name)))))


@pytest.fixture(scope="module")
def long_names(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    subgroups = "".join(f"[[subgroups]]\naxis = {axis}\n" for axis in AXES)
    protocol = HEAD + CONSENSUS + STATED + subgroups + PASSING
    return make_run(tmp_path_factory.mktemp("long"), protocol, maker=LONG)


def test_long_names_are_cut_in_the_picture_and_whole_in_its_data(long_names: RunFolder) -> None:
    drawings = list(drawings_of(gallery(report_context(long_names))))
    check(drawings)
    (forest,) = (one for one in drawings if one.name == "forest-manufacturer-0")
    assert not [label for label in forest.labels if LONG in label.text]
    assert LONG in {row[1] for row in forest.data.rows}


def test_marks_of_sources_change_no_place_and_no_data(run_of: Callable[[str], RunFolder]) -> None:
    run = run_of("passing")
    bare = list(drawings_of(gallery(report_context(run))))
    with marking():
        marked = list(drawings_of(gallery(report_context(run))))
    assert any(OPEN in label.text for one in marked for label in one.labels)
    for one, other in zip(bare, marked, strict=True):
        assert one.data == other.data, one.name
        assert [(label.x, label.y) for label in one.labels] == [(label.x, label.y) for label in other.labels]


def test_what_has_nothing_to_show_is_not_drawn(context_of: Callable[[str], ReportContext]) -> None:
    shown = gallery(context_of("one reader"))
    assert shown.reader_pairs is None and shown.pyramids is None and not shown.heat_maps


def test_words_of_agreement_reach_every_figure(context_of: Callable[[str], ReportContext]) -> None:
    told = " ".join(
        text
        for one in drawings_of(gallery(context_of("text-mined")))
        for text in (one.description, *(label.text for label in one.labels))
    )
    assert not [word for word in ("ensitiv", "pecific", "redictive", "recision", "true pos") if word in told]


def test_a_figure_drawn_twice_is_the_same(run_of: Callable[[str], RunFolder]) -> None:
    context = report_context(run_of("passing"))
    first, second = (list(drawings_of(gallery(context))) for _ in range(2))
    assert [(one.name, str(one.shapes)) for one in first] == [(one.name, str(one.shapes)) for one in second]
