"""The pyramids: which axes stand in them, and their counts beside the results."""

from collections.abc import Callable

from reports.content.context import ReportContext
from reports.figures.canvas import house_style
from reports.figures.pyramids import pyramids_figure


def test_counts_are_those_of_the_rows(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    with house_style():
        made = pyramids_figure(context.axes, context.whole, context.words)
    assert made is not None
    assert {row[0] for row in made.data.rows} == {"age_years", "sex"}  # the crossed axis has a heat map
    for axis in ("age_years", "sex"):
        of_axis = [row for row in made.data.rows if row[0] == axis]
        assert sum(int(row[2]) for row in of_axis) == context.whole.size.positives
        assert sum(int(row[4]) for row in of_axis) == context.whole.size.negatives


def test_an_empty_class_has_no_pyramid(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("no positives")
    expected = context.whole.size.positives > 0
    assert (pyramids_figure(context.axes, context.whole, context.words) is not None) == expected
    assert pyramids_figure((), context.whole, context.words) is None
