"""Tipping points of what is missing, independently of the first implementation, in plain Python.

Owns the order in which units turn against the device and the search. Written from docs/methods/sensitivity-analyses.md
without a line of the first implementation. What counts for and against the device is `best_and_worst_case`, a row with
closed-form intervals `estimate_rows`, its verdict `verdicts`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from protocols.schema.criteria import Criterion
from protocols.schema.protocol import Protocol
from validation.independent import cohort
from validation.independent import scores as of_scores
from validation.independent.best_and_worst_case import (
    BEST,
    WITHOUT,
    WORST,
    counted_as,
    most_extreme_outcomes,
    ranked_as,
)
from validation.independent.cohort import INDETERMINATE, POSITIVE, Image, Recounted, Unit, outcome
from validation.independent.estimate_rows import PARTS, row_of
from validation.independent.replicates import OF_COUNTS, Slice, rank, slice_of
from validation.independent.scores import Scored
from validation.independent.subgroup_levels import WHOLE
from validation.independent.verdicts import Judged, judged_row

MOST = 200  # numbers that are tried, besides that of all
BY_BOOTSTRAP = ("percentile", "bca")
DIRECTIONS = {"met": "against", "not_met": "for", "inconclusive": None}


@dataclass(frozen=True, slots=True)
class Tipping:
    """An entry of `tipping_points.criteria` without its note."""

    id: str
    metric: str
    verdict: str
    unresolved: int
    direction: str | None
    count: int | None
    step: int


@dataclass(frozen=True, slots=True)
class TippingOfStudy:
    """The content of `tipping_points` without its notes."""

    unit: str
    unresolved: int
    criteria: tuple[Tipping, ...]
    count: int | None
    id: str | None


@dataclass(frozen=True, slots=True)
class _Study:
    """Every image of the test split with a reference: its units, whose image each is, and their numbers."""

    units: Sequence[Unit]
    names: Sequence[str]
    plain: Slice
    numbers: Mapping[str, int]


def tipping_of_study(
    counted: Recounted, criteria: Sequence[Judged], verdict: str, protocol: Protocol, threshold: float
) -> TippingOfStudy:
    """Compute the tipping point of every criterion on the whole cohort."""
    everything = [image for image in counted.images if image.split == "test" and image.reference is not None]
    grouped = protocol.bootstrap.cluster != "patient_id"
    study = _study(everything, protocol.analysis.unit, threshold, grouped=grouped)
    unresolved = sum(unit.reference == INDETERMINATE or not unit.whole for unit in study.units)
    of_id = {one.id: one for one in criteria}
    tips = [
        _tipping(study, criterion, of_id[criterion.id].verdict, protocol)
        for criterion in protocol.criteria
        if unresolved and criterion.subgroup == WHOLE[0]
    ]
    changing = [tip for tip in tips if tip.count is not None and of_id[tip.id].role == "acceptance"]
    first = min(changing, key=lambda tip: tip.count or 0, default=None) if verdict == "pass" else None
    return TippingOfStudy(
        protocol.analysis.unit,
        unresolved,
        tuple(tips),
        first.count if first else None,
        first.id if first else None,
    )


def _study(everything: Sequence[Image], unit: str, threshold: float, *, grouped: bool) -> _Study:
    units = cohort.units(everything, unit, threshold)
    numbers = {name: k for k, name in enumerate(cohort.clusters(everything))}
    names = [image.image_id for image in everything] if unit == "image" else [""] * len(units)
    plain = slice_of(everything, units, numbers, grouped=grouped)
    return _Study(units, names, plain, numbers)


def _tipping(study: _Study, criterion: Criterion, verdict: str, protocol: Protocol) -> Tipping:
    def tipping(unresolved: int, count: int | None = None, step: int = 1) -> Tipping:
        direction = DIRECTIONS[verdict]
        return Tipping(criterion.id, criterion.metric, verdict, unresolved, direction, count, step)

    if not _given(criterion, protocol):
        return tipping(0)
    cases = _cases(study, criterion.metric)
    order = _order(study, criterion.metric, *cases)
    size = len(order)
    if verdict == "inconclusive" or not size:
        return tipping(size)
    step = (size + MOST - 1) // MOST
    for number in sorted({*range(0, size, step), size}):
        turned = set(order[: number if verdict == "met" else size - number])
        row = row_of(criterion.metric, WHOLE, _turned(study, criterion.metric, *cases, turned), [], protocol)
        if (judged_row(criterion.id, criterion, WHOLE, row).verdict == "met") != (verdict == "met"):
            return tipping(size, number, step)
    return tipping(size, None, step)


def _given(criterion: Criterion, protocol: Protocol) -> bool:
    """Return whether the metric has a best and a worst case, and what is judged needs no bootstrap."""
    metric, decision = criterion.metric, protocol.decision
    if metric in WITHOUT or metric not in (*OF_COUNTS, "auroc"):
        return False
    deciding = decision.proportion if metric in PARTS else decision.other
    return criterion.bound == "estimate" or deciding not in BY_BOOTSTRAP


def _order(study: _Study, metric: str, best: Sequence[Unit], worst: Sequence[Unit]) -> list[int]:
    """Return the places of the unresolved units: patients with most of them first, then by patient and image."""
    at_best, at_worst = (_entering(metric, case, best=case is best) for case in (best, worst))
    differing = [place for place, one in enumerate(at_best) if one != at_worst[place]]
    many = Counter(study.units[place].patient for place in differing)

    def position(place: int) -> tuple[int, str, str]:
        patient = study.units[place].patient
        return -many[patient], patient, study.names[place]

    return sorted(differing, key=position)


def _cases(study: _Study, metric: str) -> tuple[list[Unit], list[Unit]]:
    """Return every unit at best and at worst."""
    cases = []
    for analysis, wrong in ((BEST, False), (WORST, True)):
        if metric == "auroc":
            cases.append([ranked_as(unit, wrong=wrong) for unit in study.units])
        else:
            outcomes = most_extreme_outcomes(metric, analysis, study.units)
            cases.append(
                [counted_as(unit, one, wrong=wrong) for unit, one in zip(study.units, outcomes, strict=True)]
            )
    return cases[0], cases[1]


def _entering(metric: str, units: Sequence[Unit], *, best: bool) -> list[tuple[object, ...]]:
    """Return what each unit adds: to a proportion a success or not, counted or not; class and rank; or its outcome."""
    if metric == "auroc":
        return [(unit.reference, rank(unit, best=best)) for unit in units]
    outcomes = [outcome(unit) for unit in units]
    if metric not in PARTS:
        return [(one,) for one in outcomes]
    success, of_all = PARTS[metric]
    return [(one in success, one in of_all) for one in outcomes]


def _turned(
    study: _Study, metric: str, best: Sequence[Unit], worst: Sequence[Unit], turned: set[int]
) -> Slice:
    """Return the study with some units at worst and all others at best."""
    units = [worst[place] if place in turned else unit for place, unit in enumerate(best)]
    if metric != "auroc":
        return replace(study.plain, counts=slice_of([], units, study.numbers).counts)
    ranked = [
        Scored(study.numbers[unit.cluster], unit.reference == POSITIVE, rank(unit, best=place not in turned))
        for place, unit in enumerate(units)
    ]
    return replace(study.plain, units=units, ranked=ranked, ranks=of_scores.ranking(ranked))
