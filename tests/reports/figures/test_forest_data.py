"""The table behind a forest plot, against the estimates of a study."""

from collections.abc import Callable

from reports.content.context import ReportContext
from reports.figures.forest_data import forest_data


def test_each_estimate_has_its_row(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    shown = (context.whole, *context.axes[1].rows)
    data = forest_data(("sensitivity", "specificity"), shown, context.goals)
    assert len(data.rows) == 2 * len(shown)
    cells = dict(zip(data.header, data.rows[0], strict=True))
    whole = context.whole.estimates["sensitivity"]
    assert whole.decision is not None
    assert (cells["axis"], cells["numerator"]) == ("overall", str(whole.numerator))
    assert (float(cells["lower"]), float(cells["upper"])) == whole.decision
    assert cells["goal"] == "0.3"
    assert dict(zip(data.header, data.rows[len(shown)], strict=True))["goal"] == ""  # none on specificity
