"""What would have to change for a verdict, and what to type next.

Owns both after a study is judged. It states distances from goals, and plans nothing.
"""

from pathlib import Path

from protocols.schema.metrics import METRICS
from protocols.storage.run_folder import RunFolder
from reports.content.estimate_rows import judged, rows_by_subgroup
from reports.language.formatting import against
from validation.results.results import CriterionResult, Estimate, Results

BOUNDS = {"lower": "the lower bound", "upper": "the upper bound", "estimate": "the estimate"}


def needed_for_pass(results: Results) -> tuple[str, ...]:
    """Return one sentence for each criterion of acceptance that is not met, in the protocol's order.

    A criterion that is inconclusive has its reason in the results already.
    """
    rows = rows_by_subgroup(results.estimates)
    return tuple(
        _needed(one, judged(one, rows))
        for one in results.criteria
        if one.role == "acceptance" and one.verdict == "not_met" and one.observed is not None
    )


def next_commands(run: Path) -> tuple[str, ...]:
    """Return the report's place or the command that makes it, and the command that checks the run."""
    folder = RunFolder(run)
    report = (
        f"report: {folder.report_html}" if folder.report_html.is_file() else f"next: cxr510k report {run}"
    )
    return report, f"next: cxr510k rerun {run} --level 1"


def _needed(criterion: CriterionResult, estimate: Estimate | None) -> str:
    observed, goal = criterion.observed or 0.0, criterion.goal
    below = (
        METRICS[criterion.metric].lower_is_better
        if criterion.bound == "estimate"
        else criterion.bound == "upper"
    )
    text = (
        f"{criterion.id}: {BOUNDS[criterion.bound]} {against(observed, goal)} would have to be "
        f"{'below' if below else 'above'} {goal:g}"
    )
    if criterion.bound == "estimate" or estimate is None or estimate.value is None:
        return f"{text}."
    met = estimate.value < goal if below else estimate.value > goal
    return (
        f"{text}; the estimate {against(estimate.value, goal)} is, so a larger study may show it."
        if met
        else f"{text}; the estimate {against(estimate.value, goal)} is not, so more patients alone would not do."
    )
