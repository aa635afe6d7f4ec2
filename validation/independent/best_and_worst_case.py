"""Missing results as errors, as correct, and excluded: `all_worst`, `all_best`, `processed_only`, independently.

Owns the values of missing scores and indeterminate references; the rest is as in every row. Written from the contract
("Statistics", 4) without a line of the first implementation. It computes values, counts and the deciding interval of
proportions, and no bootstrap.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from protocols.schema.protocol import Protocol
from validation.independent import cohort
from validation.independent.cohort import INDETERMINATE, NEGATIVE, POSITIVE, Image, Recounted, Unit, outcome
from validation.independent.estimate_rows import (
    FRACTIONS,
    PARTS,
    as_written,
    bounds_as_written,
    level_of_look,
    of_proportion,
    sizes,
    successes,
    value_of,
)
from validation.independent.formulas import Interval
from validation.independent.replicates import NONE, OF_COUNTS, OF_SCORES, Slice, slice_of
from validation.independent.subgroup_levels import WHOLE
from validation.independent.verdicts import LESS_IS_BETTER

WORST, BEST, PROCESSED_ONLY = "all_worst", "all_best", "processed_only"
# Outcome of an indeterminate unit: for metrics that are not named one of two outcomes, in the most extreme mix.
EITHER: Mapping[str, tuple[str, str]] = {WORST: ("fp", "fn"), BEST: ("tp", "tn")}
BY_SCORE = {"auroc": "ranks", "average_precision": "ranks", "brier": "errors"}
TAKEN_FOR: Mapping[str, Mapping[str, str]] = {
    WORST: {"specificity": "fp", "ppv": "fp", "sensitivity": "fn", "npv": "fn"} | BY_SCORE,
    BEST: {"specificity": "tn", "npv": "tn", "sensitivity": "tp", "ppv": "tp"} | BY_SCORE,
}
WITHOUT = ("prevalence",)  # it has no worst or best case


@dataclass(frozen=True, slots=True)
class Extreme:
    """The compared values of a row of `sensitivity_analyses`."""

    analysis: str
    metric: str
    subgroup: Mapping[str, str]
    value: float | None
    numerator: int | None
    denominator: int | None
    images: int
    patients: int
    intervals: Mapping[str, Interval | None]


def extremes(
    counted: Recounted, analysed: Sequence[Image], protocol: Protocol, threshold: float
) -> tuple[Extreme, ...]:
    """Compute the overall rows of the three analyses.

    The first two are over every image of the test split that has a reference, `processed_only` over the analysed images
    with a score.
    """
    everything = [image for image in counted.images if image.split == "test" and image.reference is not None]
    processed = [image for image in analysed if image.score is not None]
    rows = []
    for analysis, wrong in ((WORST, True), (BEST, False)):
        units = cohort.units(everything, protocol.analysis.unit, threshold)
        taken = {name: [counted_as(unit, name, wrong=wrong) for unit in units] for name in EITHER[analysis]}
        taken["ranks"] = [ranked_as(unit, wrong=wrong) for unit in units]
        taken["errors"] = [_squared(unit, wrong=wrong) for unit in units]
        slices = {name: _slice(everything, own, protocol, best=not wrong) for name, own in taken.items()}
        for metric in (*OF_COUNTS, *OF_SCORES):
            if metric not in WITHOUT:
                name = TAKEN_FOR[analysis].get(metric)
                own = slices[name or EITHER[analysis][0]]
                value = value_of(metric, own) if name else _most_extreme(metric, analysis, own, units)
                rows.append(_row(analysis, metric, own, value, len(everything), protocol))
    own = _slice(processed, cohort.units(processed, protocol.analysis.unit, threshold), protocol)
    for metric in (*OF_COUNTS, *OF_SCORES):
        images = sizes(metric, own)["images"]
        rows.append(_row(PROCESSED_ONLY, metric, own, value_of(metric, own), images, protocol))
    return tuple(rows)


def counted_as(unit: Unit, outcome: str, *, wrong: bool) -> Unit:
    """Make a missing result an error or correct; give an indeterminate unit one outcome."""
    if unit.reference == INDETERMINATE:
        reference = POSITIVE if outcome in ("tp", "fn") else NEGATIVE
        return replace(unit, reference=reference, called=outcome in ("tp", "fp"))
    return unit if unit.called is not None else replace(unit, called=(unit.reference == POSITIVE) != wrong)


def most_extreme_outcomes(metric: str, analysis: str, units: Sequence[Unit]) -> list[str]:
    """Return the outcome that each unit would have if indeterminate, for a metric of counts at its worst or best.

    Of equally extreme assignments the first counts: by the test result, all FN (TP), all FP (TN); the first also where
    none has a value.
    """
    wrong = analysis == WORST
    if (fixed := TAKEN_FOR[analysis].get(metric)) is not None:
        return [fixed] * len(units)
    of_called, of_others = EITHER[analysis]
    ways = [
        [of_called if unit.called else of_others for unit in units],
        *([name] * len(units) for name in (("fn", "fp") if wrong else ("tp", "tn"))),
    ]
    values = []
    for way in ways:
        counted = (counted_as(unit, name, wrong=wrong) for unit, name in zip(units, way, strict=True))
        values.append(OF_COUNTS[metric](NONE._replace(**Counter(map(outcome, counted)))))
    defined = [(value, place) for place, value in enumerate(values) if value is not None]
    least = wrong != (metric in LESS_IS_BETTER)
    _, chosen = min(((value if least else -value, place) for value, place in defined), default=(0, 0))
    return ways[chosen]


def ranked_as(unit: Unit, *, wrong: bool) -> Unit:
    """Make an indeterminate reference contradict the test result, or agree with it."""
    if unit.reference != INDETERMINATE:
        return unit
    return replace(unit, reference=POSITIVE if bool(unit.called) != wrong else NEGATIVE)


def _squared(unit: Unit, *, wrong: bool) -> Unit:
    """Make a missing score differ by 1 or 0, and an indeterminate reference the farther from the score, or nearer."""
    if unit.score is None:
        return replace(unit, reference=POSITIVE, score=0.0 if wrong else 1.0)
    if unit.reference == INDETERMINATE:
        return replace(unit, reference=POSITIVE if (unit.score < 0.5) == wrong else NEGATIVE)
    return unit


def _slice(
    images: Sequence[Image], units: Sequence[Unit], protocol: Protocol, *, best: bool = False
) -> Slice:
    numbers = {name: k for k, name in enumerate(cohort.clusters(images))}
    return slice_of(images, units, numbers, grouped=protocol.bootstrap.cluster != "patient_id", best=best)


def _most_extreme(metric: str, analysis: str, own: Slice, units: Sequence[Unit]) -> float | None:
    """Return the worst or best of three: all indeterminate units one outcome, all the other, or each by its result.

    ``own`` has all of them as the first of the two outcomes. None where none of the three has a value.
    """
    one, other = EITHER[analysis]
    vague = [unit for unit in units if unit.reference == INDETERMINATE]
    mixes = (
        own.total._replace(**{one: getattr(own.total, one) - k, other: getattr(own.total, other) + k})
        for k in (0, sum(not unit.called for unit in vague), len(vague))
    )
    values = [value for mix in mixes if (value := OF_COUNTS[metric](mix)) is not None]
    least = (analysis == WORST) != (metric in LESS_IS_BETTER)
    return (min if least else max)(values, default=None)


def _row(
    analysis: str, metric: str, own: Slice, value: float | None, images: int, protocol: Protocol
) -> Extreme:
    intervals = {}
    x, n = successes(PARTS[metric], own) if metric in FRACTIONS else ([], [])
    confidence = _level_of_exact_clustered(metric, own, protocol)
    if metric in FRACTIONS and confidence is not None:
        bounds = of_proportion(metric, own, confidence)["exact_clustered"]
        intervals["exact_clustered"] = bounds_as_written(bounds, metric, "exact_clustered")
    return Extreme(
        analysis,
        metric,
        {"axis": WHOLE[0], "level": WHOLE[1]},
        None if value is None else as_written(value, metric),
        sum(x) if metric in FRACTIONS else None,
        sum(n) if metric in FRACTIONS else None,
        images,
        sizes(metric, own)["patients"],
        intervals,
    )


def _level_of_exact_clustered(metric: str, own: Slice, protocol: Protocol) -> float | None:
    """Compute its level, which is another where it decides; None where only a bootstrap could show whether it does."""
    at_look, usual = level_of_look(protocol), protocol.bootstrap.confidence_level
    chosen = protocol.decision.proportion
    if at_look == usual or chosen == "exact_clustered" or metric not in FRACTIONS:
        return at_look
    if chosen != "wilson_effective":
        return None
    return usual if of_proportion(metric, own, at_look)["wilson_effective"] else at_look
