"""Worst-case and best-case rows: missing and indeterminate results count as worst, or best, for each metric.

Owns these rules and their wording. The rules of the primary analysis are `outcomes`.
Source: the contract ("Statistics", 4); FDA 2007 (equivocal results both ways).
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.schema.metrics import METRICS
from validation.cohort.join import INDETERMINATE, NEGATIVE, POSITIVE
from validation.cohort.outcomes import (
    FN,
    FP,
    TN,
    TP,
    Case,
    Sample,
    Units,
    counts_by_cluster,
    in_order,
    incomplete_units,
    outcome,
    tally_of,
)
from validation.metrics.brier import squares_by_cluster
from validation.metrics.counts import COUNT_METRICS, confusion


@dataclass(frozen=True, slots=True)
class Extreme:
    """The rules for missing and indeterminate results at one extreme.

    Attributes:
        by_call: outcome of an indeterminate reference if the test result is wrong (correct), in words.
        cells: the outcomes that all indeterminate references may count as instead, in words.
        fixed: the metrics for which one of these is the extreme in every study.
        truth_if_called: class of an indeterminate reference in the ranking where test positive, otherwise the other
            class; the test result is then wrong (correct).
        missing: the squared error of a missing score.
        ranking, squares: these rules in words.
    """

    by_call: str
    cells: Mapping[str, int]
    fixed: Mapping[str, str]
    truth_if_called: int
    missing: float
    ranking: str
    squares: str


EXTREMES: Mapping[Case, Extreme] = {
    "worst": Extreme(
        by_call="a false positive where called positive, else a false negative",
        cells={"a false negative": FN, "a false positive": FP},
        fixed=dict.fromkeys(("sensitivity", "npv"), "a false negative")
        | dict.fromkeys(("specificity", "ppv"), "a false positive"),
        truth_if_called=NEGATIVE,
        missing=1.0,
        ranking="a positive without a score ranks below every score and a negative above; an indeterminate reference "
        "is negative where called positive, else positive",
        squares="a missing score counts 1, an indeterminate reference the larger of its two squared distances",
    ),
    "best": Extreme(
        by_call="a true positive where called positive, else a true negative",
        cells={"a true positive": TP, "a true negative": TN},
        fixed=dict.fromkeys(("sensitivity", "ppv"), "a true positive")
        | dict.fromkeys(("specificity", "npv"), "a true negative"),
        truth_if_called=POSITIVE,
        missing=0.0,
        ranking="a positive without a score ranks above every score and a negative below; an indeterminate reference "
        "is positive where called positive, else negative",
        squares="a missing score counts 0, an indeterminate reference the smaller of its two squared distances",
    ),
}


def extreme_samples(sample: Sample, case: Case, metrics: Collection[str] | None = None) -> tuple[Sample, ...]:
    """Return the samples of a row at an extreme, each with its metrics and their rules.

    Metrics that are not ``fixed`` take the one of three assignments of indeterminate references that gives the worst
    (best) value: all to one class, all to the other, or each to the class for which its test result is wrong
    (correct). So no value is better (worse) than that of the primary analysis. Prevalence has no extreme.

    Args:
        sample: by the rules of the primary analysis.
        case: the extreme.
        metrics: those requested; None for all.
    """
    rules, units, size = EXTREMES[case], sample.units, sample.drawn.count
    unclear = units.truth == INDETERMINATE
    counts = {
        words: sample.counts
        if case == "worst" and words == rules.by_call
        else counts_by_cluster(units, cells, size)
        for words, cells in _cells(units, case).items()
    }
    asked: dict[str, dict[str, str | None]] = {words: {} for words in counts}
    for name in COUNT_METRICS:
        if name != "prevalence" and (metrics is None or name in metrics):
            words = rules.fixed.get(name, _extreme(name, counts, case))
            asked[words if words in counts else rules.by_call][name] = (
                f"an indeterminate reference counts as {words}"
            )
    of_scores = {"auroc": rules.ranking, "average_precision": rules.ranking, "brier": rules.squares}
    asked[rules.by_call] |= {
        name: rule for name, rule in of_scores.items() if metrics is None or name in metrics
    }
    nothing_missing = sample.ranked is units
    whole = sample if nothing_missing else _of_scores(sample, rules, case, unclear)
    return tuple(
        replace(whole, counts=counts[words], metrics=named) for words, named in asked.items() if named
    )


def extreme_outcomes(sample: Sample, case: Case, metric: str) -> NDArray[np.intp]:
    """Return the outcome (TP, FP, FN, TN as 0 to 3) of each unit at an extreme of a metric of counts, shape (units,).

    Raises:
        KeyError: the metric is not of counts.
    """
    rules, cells = EXTREMES[case], _cells(sample.units, case)
    counts = {words: counts_by_cluster(sample.units, own, sample.drawn.count) for words, own in cells.items()}
    return cells.get(rules.fixed.get(metric, _extreme(metric, counts, case)), cells[rules.by_call])


def extreme_ranks(sample: Sample, case: Case) -> Units:
    """Return the units in their order, each with a determinate reference and a rank at an extreme."""
    units, rules = sample.units, EXTREMES[case]
    assigned = np.where(units.called, rules.truth_if_called, 1 - rules.truth_if_called)
    truth = np.where(units.truth == INDETERMINATE, assigned, units.truth).astype(np.int8)
    return in_order(replace(units, truth=truth), incomplete_units(units, sample.images), case)


def _cells(units: Units, case: Case) -> dict[str, NDArray[np.intp]]:
    """Return the outcome of each unit under each assignment of indeterminate references, in words; by result first."""
    rules, unclear, by_call = EXTREMES[case], units.truth == INDETERMINATE, outcome(units, case)
    others = {words: np.where(unclear, cell, by_call) for words, cell in rules.cells.items()}
    return {rules.by_call: by_call} | (others if unclear.any() else {})


def _extreme(name: str, counts: Mapping[str, NDArray[np.float64]], case: Case) -> str:
    """Return the assignment with the worst (best) value, of equal ones the first; undefined ones only where all are."""
    values = {
        words: float(COUNT_METRICS[name].value(confusion(by_patient.sum(axis=0))))
        for words, by_patient in counts.items()
    }
    defined = {words: value for words, value in values.items() if not math.isnan(value)}
    lowest = (case == "worst") != METRICS[name].lower_is_better
    return (min if lowest else max)(defined, key=defined.__getitem__, default=EXTREMES[case].by_call)


def _of_scores(sample: Sample, rules: Extreme, case: Case, unclear: NDArray[np.bool_]) -> Sample:
    """Return the sample with a rank and a squared error of every unit."""
    units, missing = sample.units, ~sample.units.processed
    distances = np.stack([(units.score - truth) ** 2 for truth in (NEGATIVE, POSITIVE)])
    squared = np.where(units.truth == POSITIVE, distances[1], distances[0])
    squared[unclear] = (distances.max(axis=0) if case == "worst" else distances.min(axis=0))[unclear]
    squared[missing] = rules.missing
    ranked = extreme_ranks(sample, case)
    return replace(
        sample,
        ranked=ranked,
        ranked_tally=tally_of(ranked, sample.tally.images),
        squares=squares_by_cluster(units, sample.drawn.count, squared),
        scored_tally=sample.tally,
    )
