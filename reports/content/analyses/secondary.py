"""Secondary results as a report prints them: what fits on a page, and notes on missing values.

Owns the selection and the arrangement; every number is that of results.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.content.analyses.stability import notes_on_rows
from reports.language.formatting import level, listed, score
from reports.language.missing_value_notes import missing_value_notes
from reports.language.names import INTERVALS
from reports.language.vocabulary import Words
from validation.results.results import Results
from validation.results.secondary import Calibration, DecisionCurvePoint, PrecisionRecallPoint, Projection

RECALLS = 10  # every second of the twenty points
# Threshold probabilities of the decision curve that fit, in general and where net benefit is positive only below 0.2.
WIDE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
NARROW = (0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2)
CLUSTERED = "clustered: "


@dataclass(frozen=True, slots=True)
class ProjectedRow:
    """PPV, NPV and F1 by metric at one prevalence."""

    prevalence: float
    by_metric: Mapping[str, Projection]


@dataclass(frozen=True, slots=True)
class SecondaryTables:
    """What a report shows of the secondary results.

    Attributes:
        precision_recall: the points that first reach a recall of 0.1, 0.2, ..., 1.0, each once.
        projected: one row per prevalence; empty where the protocol names none.
        projected_notes: which interval decides, and which values are missing.
        calibration_notes, threshold_notes: which values are missing.
        decision_curve: the points that fit in a table, the locked threshold among them.
    """

    precision_recall: tuple[PrecisionRecallPoint, ...]
    projected: tuple[ProjectedRow, ...]
    projected_notes: tuple[str, ...]
    calibration_notes: tuple[str, ...]
    decision_curve: tuple[DecisionCurvePoint, ...]
    threshold_notes: tuple[str, ...]


def secondary_tables(results: Results, words: Words) -> SecondaryTables:
    """Arrange the secondary results."""
    return SecondaryTables(
        precision_recall=_readable(results.precision_recall),
        projected=_projected(results),
        projected_notes=_notes_on_projections(results, words),
        calibration_notes=_notes_on_calibration(results.calibration),
        decision_curve=_decision_curve(results.decision_curve, results.operating_point.threshold),
        threshold_notes=notes_on_rows(
            [(f"at {score(row.threshold)}", row.estimates) for row in results.threshold_sensitivity], words
        ),
    )


def _readable(points: Sequence[PrecisionRecallPoint]) -> tuple[PrecisionRecallPoint, ...]:
    reaching = [
        next((point for point in points if RECALLS * point.recall >= number), None)
        for number in range(1, RECALLS + 1)
    ]
    return tuple(dict.fromkeys(point for point in reaching if point is not None))


def _decision_curve(points: Sequence[DecisionCurvePoint], locked: float) -> tuple[DecisionCurvePoint, ...]:
    """Return the points up to the last positive net benefit, and the locked threshold in any case."""
    end = max((point.threshold for point in points if pays(point)), default=1.0)
    shown = [at for at in (NARROW if end <= NARROW[-1] else WIDE) if at <= end]
    return tuple(point for point in points if point.threshold in (*shown, locked))


def pays(point: DecisionCurvePoint) -> bool:
    """Return whether the net benefit of the device or of treating all exceeds that of treating none."""
    return max(point.net_benefit, point.treat_all) > 0


def _projected(results: Results) -> tuple[ProjectedRow, ...]:
    by_prevalence: dict[float, dict[str, Projection]] = {}
    for projection in results.projections:
        by_prevalence.setdefault(projection.prevalence, {})[projection.metric] = projection
    return tuple(ProjectedRow(prevalence, found) for prevalence, found in by_prevalence.items())


def _notes_on_projections(results: Results, words: Words) -> tuple[str, ...]:
    """Return which interval decides, then why deciding intervals or values are missing."""
    deciding: dict[str, list[str]] = {}
    lacking = []
    for projection in results.projections:
        name, at = words.head(projection.metric), level(projection.prevalence)
        if projection.decision_interval is not None:
            deciding.setdefault(projection.decision_interval, []).append(f"{name} at {at}")
            continue
        lacking.append((next(iter(projection.interval_notes.values()), None), f"{name} at {at}"))
    if len(deciding) > 1:
        usual = max(deciding, key=lambda interval: len(deciding[interval]))
        others = [f"{INTERVALS[name]} for {listed(rows)}" for name, rows in deciding.items() if name != usual]
        deciding_notes = [f"Intervals: {INTERVALS[usual]}; {'; '.join(others)}."]
    else:
        deciding_notes = [f"Intervals: {INTERVALS[name]}." for name in deciding]
    return (*deciding_notes, *missing_value_notes(lacking))


def _notes_on_calibration(calibration: Calibration) -> tuple[str, ...]:
    spiegelhalter = calibration.spiegelhalter.note
    name = "Spiegelhalter's z"
    if spiegelhalter is not None and spiegelhalter.startswith(CLUSTERED):
        name, spiegelhalter = f"clustered {name}", f"not estimable: {spiegelhalter.removeprefix(CLUSTERED)}"
    return missing_value_notes(
        [
            (calibration.in_the_large.note, "calibration in the large"),
            (calibration.intercept.note, "intercept"),
            (calibration.slope.note, "slope"),
            (spiegelhalter, name),
        ]
    )
