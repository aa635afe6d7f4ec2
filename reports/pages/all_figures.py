"""All figures of a report: the context -> drawings by their place in it.

Owns the choice of metrics and rows for each figure; how a figure is drawn is `figures`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.content.context import ReportContext
from reports.content.estimate_rows import AxisRows
from reports.content.looks import deciding_level
from reports.figures.canvas import Drawing, house_style
from reports.figures.curves import decision_curve_figure, precision_recall_figure, reliability_figure
from reports.figures.forest import Forest, ForestGroup, forest_of_two
from reports.figures.heat_map import heat_map
from reports.figures.overlap import overlap_figure
from reports.figures.perturbations import differences_figure
from reports.figures.prevalence import prevalence_figure
from reports.figures.profile import ProfileFigures, profile_figures
from reports.figures.pyramids import pyramids_figure
from reports.figures.reader_pairs import agreement_figure
from reports.figures.roc_and_training import images_per_patient_figure, roc_figure, training_figure
from reports.figures.scores import score_figure
from reports.figures.thresholds import thresholds_figure
from reports.figures.tuning import tuning_figure
from reports.figures.two_by_two import confusion_figure
from reports.figures.workflow import flowchart

PAIR = ("sensitivity", "specificity")
# Lines of the summary's plot that fit on one page, and the lines that the parts above it take.
LINES_IN_SUMMARY, FEWEST_LINES_IN_SUMMARY = 22, 8
LINES_OF_A_CRITERION, LINES_OF_A_CAUTION, LINES_OF_NOTES = 2.0, 2.5, 5
MOST_ROWS = 38


@dataclass(frozen=True, slots=True)
class SummaryForest:
    """The plot of the summary and the axes for which it has no room."""

    drawing: Drawing
    axes_left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """All figures of one report; None where the evidence has no data for a figure.

    ``axes`` has one plot per axis, several where an axis has more levels than a page has room for.
    """

    summary: SummaryForest
    axes: Mapping[str, tuple[Drawing, ...]]
    roc: Drawing | None
    scores: Drawing | None
    precision_recall: Drawing | None
    reliability: Drawing | None
    decision_curve: Drawing | None
    images_per_patient: Drawing
    training: Drawing | None
    tuning: Drawing | None
    profile: ProfileFigures | None
    overlap: Drawing | None
    perturbations: Drawing | None
    shortcuts: Drawing | None
    confusion: Drawing
    prevalence: Drawing | None
    thresholds: Drawing | None
    pyramids: Drawing | None
    reader_pairs: Drawing | None
    heat_maps: Mapping[str, Drawing]
    flowchart: Drawing | None


def gallery(context: ReportContext) -> Gallery:
    """Draw every figure."""
    estimates, curve, device = context.whole.estimates, context.curve, context.device
    results, words, robustness = context.results, context.words, context.robustness
    threshold = results.operating_point.threshold
    with house_style():
        return Gallery(
            summary=_summary(context),
            axes={axis.name: tuple(_of_axis(context, axis)) for axis in context.axes},
            roc=roc_figure(
                curve, estimates["sensitivity"], estimates["specificity"], words, area=estimates["auroc"]
            )
            if curve
            else None,
            scores=score_figure(context.scores, threshold, words),
            precision_recall=precision_recall_figure(
                results.precision_recall,
                estimates["average_precision"],
                estimates["sensitivity"],
                estimates["ppv"],
                words,
            ),
            reliability=reliability_figure(results.calibration.bins, words),
            decision_curve=decision_curve_figure(results.decision_curve, threshold, words),
            images_per_patient=images_per_patient_figure(results.cohort.patients_by_images),
            training=training_figure(device.history, device.plan.best_epoch)
            if device and device.history
            else None,
            tuning=tuning_figure(device.tuning_curve, device.operating_point.threshold) if device else None,
            overlap=overlap_figure(results.localisation) if results.localisation else None,
            perturbations=differences_figure("perturbations", robustness.perturbations, words)
            if robustness
            else None,
            shortcuts=differences_figure("shortcuts", robustness.shortcuts, words) if robustness else None,
            profile=profile_figures(context.profile.profile) if context.profile else None,
            confusion=confusion_figure(context.confusion, words),
            prevalence=prevalence_figure(results.projections, estimates, words),
            thresholds=thresholds_figure(results.threshold_sensitivity, threshold, words),
            pyramids=None if context.profile else pyramids_figure(context.axes, context.whole, words),
            reader_pairs=agreement_figure(results.agreement.pairs),
            flowchart=flowchart(device) if device else None,
            heat_maps={
                axis.name: drawing for axis in context.axes if (drawing := heat_map(axis, words)) is not None
            },
        )


def _summary(context: ReportContext) -> SummaryForest:
    """Draw sensitivity and specificity over as many uncrossed axes as fit on one page with the parts above."""
    above = (
        LINES_OF_A_CRITERION * (len(context.criteria) + len(context.inconclusive))
        + LINES_OF_A_CAUTION * len(context.robustness.cautions if context.robustness else ())
        + LINES_OF_NOTES
    )
    room = max(FEWEST_LINES_IN_SUMMARY, LINES_IN_SUMMARY - above)
    shown: list[AxisRows] = []
    for axis in context.axes:
        if not axis.crossed and sum(len(one.rows) + 1 for one in (*shown, axis)) <= room:
            shown.append(axis)
    groups = [ForestGroup(context.words.axis(axis.name), axis.rows) for axis in shown]
    left_out = tuple(context.words.axis(axis.name) for axis in context.axes if axis not in shown)
    return SummaryForest(forest_of_two("forest-summary", PAIR, _forest(context, groups)), left_out)


def _of_axis(context: ReportContext, axis: AxisRows) -> list[Drawing]:
    heading = context.words.axis(axis.name)
    return [
        forest_of_two(
            f"forest-{axis.name}-{first}",
            PAIR,
            _forest(context, [ForestGroup(heading, axis.rows[first : first + MOST_ROWS])]),
        )
        for first in range(0, len(axis.rows), MOST_ROWS)
    ]


def _forest(context: ReportContext, groups: Sequence[ForestGroup]) -> Forest:
    return Forest(
        groups=(ForestGroup(None, (context.whole,)), *groups),
        criteria=context.goals,
        words=context.words,
        confidence=deciding_level(context.results),
    )
