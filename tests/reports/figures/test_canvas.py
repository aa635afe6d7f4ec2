import re
from collections.abc import Callable

import matplotlib as mpl
import pytest

from reports.content.context import ReportContext
from reports.figures.canvas import Canvas, Drawing, house_style
from reports.number_check.figure_data import figure_data
from reports.pages.all_figures import gallery


def drawing(name: str, description: str = "A line.") -> Drawing:
    with house_style():
        canvas = Canvas(name, 100)
        panel = canvas.panel(10, 20, 200, 50, x=(0, 1), y=(0, 2))
        panel.plot([0, 1], [0, 2], marker="s")
        canvas.label(*canvas.place(panel, 1, 2), "top right", "end")
        return canvas.finish(description, figure_data(("x", "y"), [(0, 0), (1, 2)]))


def test_a_place_on_the_canvas_by_hand() -> None:
    (label,) = drawing("a").labels
    assert (label.x, label.y) == (210, 20)


def test_shapes_hold_no_letters_but_the_description() -> None:
    shapes = str(drawing("a").shapes)
    assert "<text" not in shapes
    assert re.findall(r"<title>(.*?)</title>", shapes) == ["A line."]


def test_a_hostile_description_is_text() -> None:
    assert "<title>&lt;script&gt;</title>" in drawing("a", "<script>").shapes


def test_names_within_two_drawings_differ() -> None:
    first, second = (set(re.findall(r' id="(.*?)"', str(drawing(name).shapes))) for name in "ab")
    assert first
    assert not first & second


def test_settings_of_the_user_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawing("a").shapes
    monkeypatch.setitem(mpl.rcParams, "lines.linewidth", 9)
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "path")
    assert drawing("a").shapes == before
    assert mpl.rcParams["lines.linewidth"] == 9  # and are given back


@pytest.mark.parametrize("name", ["passing", "every row insufficient", "text-mined"])
def test_every_figure_is_described_and_within_its_bounds(
    name: str, context_of: Callable[[str], ReportContext]
) -> None:
    shown = gallery(context_of(name))
    drawings = [shown.summary.drawing, *(one for axis in shown.axes.values() for one in axis)]
    drawings += [one for one in (shown.roc, shown.scores, shown.images_per_patient) if one]
    assert all(one.description.endswith(".") for one in drawings)
    assert all(
        0 <= label.x <= one.width and 0 <= label.y <= one.height for one in drawings for label in one.labels
    )
