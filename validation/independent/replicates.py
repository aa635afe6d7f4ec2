"""Every metric of every level in every bootstrap replicate, independently, in plain Python.

Owns the sums over resampled patients. Resampling is `draws`, formulas are `formulas` and `scores`, intervals and rows
`estimate_rows`.
"""

import hashlib
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from protocols.progress import Progress
from protocols.schema.protocol import Protocol
from validation.independent import formulas
from validation.independent import scores as of_scores
from validation.independent.cohort import NEGATIVE, POSITIVE, Image, Unit, outcome
from validation.independent.draws import draw, little_endian
from validation.independent.formulas import Counts
from validation.independent.scores import Ranking, Scored, SquaredErrors
from validation.independent.subgroup_levels import LevelName

OF_COUNTS: Mapping[str, Callable[[Counts], float | None]] = {
    formula.__name__: formula
    for formula in (
        formulas.sensitivity,
        formulas.specificity,
        formulas.f1,
        formulas.ppv,
        formulas.npv,
        formulas.accuracy,
        formulas.balanced_accuracy,
        formulas.lr_positive,
        formulas.lr_negative,
        formulas.prevalence,
    )
}
OF_SCORES = ("auroc", "average_precision", "brier")
NONE = Counts(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Slice:
    """A level of an axis: its images and units, and their outcomes by cluster.

    ``ranked`` are the units with a determinate reference, including those that were not processed. ``grouped`` is true
    where clusters are sites or other groups of patients; the number of a "patient" is everywhere that of a cluster.
    """

    images: Sequence[Image]
    units: Sequence[Unit]
    counts: Mapping[int, Counts]
    ranked: Sequence[Scored]
    ranks: Ranking
    errors: SquaredErrors
    grouped: bool

    @property
    def total(self) -> Counts:
        """The outcomes of all patients."""
        return Counts(*map(sum, zip(NONE, *self.counts.values(), strict=True)))


@dataclass(frozen=True, slots=True)
class Replicates:
    """(level, metric) -> its value in every replicate, None where undefined; and the SHA-256 of the resamples."""

    values: Mapping[tuple[LevelName, str], Sequence[float | None]]
    draws_sha256: str


def slice_of(
    images: Sequence[Image],
    units: Sequence[Unit],
    numbers: Mapping[str, int],
    *,
    grouped: bool = False,
    best: bool = False,
) -> Slice:
    """Reduce one level by cluster; ``numbers`` are those of the resampled clusters, ``best`` is as in `rank`."""
    counts: dict[int, Counts] = {}
    for unit in units:
        patient, name = numbers[unit.cluster], outcome(unit)
        before = counts.get(patient, NONE)
        counts[patient] = before._replace(**{name: getattr(before, name) + 1})
    known = [unit for unit in units if unit.reference in (POSITIVE, NEGATIVE)]
    ranked = [
        Scored(numbers[unit.cluster], unit.reference == POSITIVE, rank(unit, best=best)) for unit in known
    ]
    errors = of_scores.squared_errors(
        Scored(numbers[unit.cluster], unit.reference == POSITIVE, unit.score)
        for unit in known
        if unit.score is not None
    )
    return Slice(images, units, counts, ranked, of_scores.ranking(ranked), errors, grouped)


def rank(unit: Unit, *, best: bool = False) -> float:
    """Return the score that ranks a unit with a known reference; missing ones count against the device, or for it.

    A positive that was not processed is below every score. A negative is above every score where any image of it has
    none, since that score is unknown. ``best`` is the reverse.
    """
    if (unit.reference == POSITIVE) != best:
        return -math.inf if unit.score is None else unit.score
    return unit.score if unit.whole and unit.score is not None else math.inf


def replicates_of(
    slices: Mapping[LevelName, Slice], strata: Sequence[Sequence[int]], protocol: Protocol, progress: Progress
) -> Replicates:
    """Compute every metric of every slice in every replicate."""
    plan, number = protocol.bootstrap, sum(map(len, strata))
    # A patient's outcomes in all slices are packed into one whole number, 64 bits each, so that one sum over the
    # resampled patients adds them all.
    cells = [
        int.from_bytes(
            b"".join(struct.pack("<4Q", *own.counts.get(k, NONE)) for own in slices.values()), "little"
        )
        for k in range(number)
    ]
    values: dict[tuple[LevelName, str], list[float | None]] = {
        (level, metric): [] for level in slices for metric in (*OF_COUNTS, *OF_SCORES)
    }
    digest = hashlib.sha256()
    for replicate in range(plan.replicates):
        resampled = draw(plan.seed, replicate, strata)
        digest.update(little_endian(resampled))
        totals = sum(map(cells.__getitem__, resampled)).to_bytes(32 * len(slices), "little")
        weight = [0] * number
        for k in resampled:
            weight[k] += 1
        for (level, own), total in zip(slices.items(), struct.iter_unpack("<4Q", totals), strict=True):
            counts = Counts(*total)
            for metric, formula in OF_COUNTS.items():
                values[level, metric].append(formula(counts))
            for metric in OF_SCORES:
                values[level, metric].append(value_of_scores(metric, own, weight))
        progress("second opinion", replicate + 1, plan.replicates)
    return Replicates(values, digest.hexdigest())


def value_of_scores(metric: str, own: Slice, weight: Sequence[int]) -> float | None:
    """Compute a metric of scores with each patient counted ``weight`` times."""
    if metric == "brier":
        return of_scores.brier(own.errors, weight)
    return (of_scores.auroc if metric == "auroc" else of_scores.average_precision)(own.ranks, weight)
