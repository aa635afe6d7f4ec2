"""The table behind a forest plot: every estimate that it shows, with both intervals, its status and its goal.

Owns the columns; the numbers are the results' own, the plot is `forest`.
"""

from collections.abc import Callable, Mapping, Sequence

from reports.content.estimate_rows import LevelRow
from reports.number_check.figure_data import FigureData, bounds, figure_data
from validation.results.results import CriterionResult, Subgroup


def forest_data(
    metrics: Sequence[str],
    shown: Sequence[LevelRow],
    criteria: Callable[[str], Mapping[Subgroup, CriterionResult]],
    names: Sequence[str] = (),
) -> FigureData:
    """Make a row for each metric and each row of the plot.

    Args:
        metrics: of the panels.
        shown: the rows.
        criteria: those on a metric, by subgroup.
        names: printed for levels and columns.
    """
    header = (
        *("axis", "level", "metric", "patients", "patients_of_class", "numerator", "denominator", "value"),
        *("lower", "upper", "percentile_lower", "percentile_upper", "design_effect", "status", "goal"),
    )
    rows = []
    for metric in metrics:
        goals = criteria(metric)
        for row in shown:
            one, criterion = row.estimates[metric], goals.get(row.subgroup)
            rows.append(
                (
                    row.subgroup.axis,
                    row.subgroup.level,
                    metric,
                    row.size.patients,
                    one.patients_behind,
                    one.numerator,
                    one.denominator,
                    one.value,
                    *bounds(one.decision),
                    *bounds(one.intervals.get("percentile")),
                    one.design_effect,
                    one.status,
                    criterion.goal if criterion else None,
                )
            )
    return figure_data(header, rows, beside=names)
