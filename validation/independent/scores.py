"""AUROC, average precision and Brier score, independently, in plain Python: weighted values, closed-form intervals.

Owns the metrics of scores. Sums are of whole numbers and exact up to the last division. Rows are `estimate_rows`.

Sources: Obuchowski 1997 (variance of AUROC with patients as clusters); Pepe 2003 (logit scale); Satterthwaite 1946
(degrees of freedom); Newcombe 2006 (method 5); Brier 1950.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from operator import mul

from validation.independent.formulas import (
    HALVINGS,
    Interval,
    degrees_of_sizes,
    quotient,
    two_sided_normal,
    two_sided_student,
)

RESOLUTION = 2**30  # of squared errors
EQUAL_BY_DEFINITION = 12  # decimals of an average precision
FEWEST_DEGREES = 3
UNSEEN = 4  # patients of a class who may have been missed
UNSEEN_SIZES = 6  # patients with other numbers of images who may have been missed


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit with a determinate reference and a score; ``patient`` is the number of its patient, from 0."""

    patient: int
    positive: bool
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scored units in the order of their scores, by the numbers of their patients.

    ``negatives`` rise, ``positives`` fall. For each positive: numbers of negatives that score less and that score no
    more, and of positives that score no less, itself included.
    """

    negatives: tuple[int, ...]
    positives: tuple[int, ...]
    less: tuple[int, ...]
    no_more: tuple[int, ...]
    no_less: tuple[int, ...]


def ranking(units: Iterable[Scored]) -> Ranking:
    """Rank units by their scores."""
    ordered = sorted(units, key=lambda unit: unit.score)
    negatives = [unit for unit in ordered if not unit.positive]
    positives = [unit for unit in reversed(ordered) if unit.positive]
    of_negatives, rising = [unit.score for unit in negatives], [unit.score for unit in reversed(positives)]
    return Ranking(
        negatives=tuple(unit.patient for unit in negatives),
        positives=tuple(unit.patient for unit in positives),
        less=tuple(bisect_left(of_negatives, unit.score) for unit in positives),
        no_more=tuple(bisect_right(of_negatives, unit.score) for unit in positives),
        no_less=tuple(len(rising) - bisect_left(rising, unit.score) for unit in positives),
    )


def auroc(ranks: Ranking, weight: Sequence[int]) -> float | None:
    """Compute the proportion of pairs in which the positive scores higher, ties half; ``weight`` is per patient."""
    negatives = list(accumulate(map(weight.__getitem__, ranks.negatives), initial=0))
    positives = [weight[k] for k in ranks.positives]
    wins_twice = sum(
        w * (negatives[less] + negatives[no_more])
        for w, less, no_more in zip(positives, ranks.less, ranks.no_more, strict=True)
    )
    return quotient(wins_twice, 2 * sum(positives) * negatives[-1])


def average_precision(ranks: Ranking, weight: Sequence[int]) -> float | None:
    """Sum the gain in recall times the precision over the distinct scores, from the highest down.

    It is also the mean over the positives of the precision at their own scores.
    """
    negatives = list(accumulate(map(weight.__getitem__, ranks.negatives), initial=0))
    positives = list(accumulate(map(weight.__getitem__, ranks.positives), initial=0))
    if not positives[-1]:
        return None
    precisions = (
        weight[k] * positives[no_less] / (positives[no_less] + negatives[-1] - negatives[less])
        for k, less, no_less in zip(ranks.positives, ranks.less, ranks.no_less, strict=True)
        if weight[k]
    )
    # Rounded far below the reported decimals, so that values equal by definition are equal in any order of addition.
    return round(sum(precisions) / positives[-1], EQUAL_BY_DEFINITION)


@dataclass(frozen=True, slots=True)
class SquaredErrors:
    """Patients with scored units: their numbers, units and sums of (score - truth)^2.

    Squares are whole multiples of 2^-30 (docs/methods/metrics.md), so that sums are exact.
    """

    patients: tuple[int, ...]
    units: tuple[int, ...]
    sums: tuple[int, ...]


def squared_errors(units: Iterable[Scored]) -> SquaredErrors:
    """Sum the squared errors by patient."""
    of_patient: dict[int, list[int]] = {}
    for unit in units:
        of_patient.setdefault(unit.patient, []).append(round((unit.score - unit.positive) ** 2 * RESOLUTION))
    squares = of_patient.values()
    return SquaredErrors(tuple(of_patient), tuple(map(len, squares)), tuple(map(sum, squares)))


def brier(errors: SquaredErrors, weight: Sequence[int]) -> float | None:
    """Compute the mean of (score - truth)^2."""
    weights = [weight[k] for k in errors.patients]
    return quotient(sum(map(mul, weights, errors.sums)), RESOLUTION * sum(map(mul, weights, errors.units)))


@dataclass(frozen=True, slots=True)
class Placements:
    """Deviations of placements from the AUROC, summed by patient, times 2mn: whole numbers.

    A unit's placement is the proportion of units of the other class that it is correctly ordered against, ties half.
    There are m positives and n negatives; ``positives`` and ``negatives`` are by patient, only those with such units.
    ``group_sizes`` are the units of each class of each cluster, where clusters are groups of patients.
    """

    m: int
    n: int
    area: Fraction
    positives: Mapping[int, int]
    negatives: Mapping[int, int]
    group_sizes: Sequence[Sequence[int]]


def placements(units: Sequence[Scored], grouped: bool = False) -> Placements | None:
    """Compute the placements; None unless two patients or more have units of each class."""
    of_class = {kind: [unit for unit in units if unit.positive == kind] for kind in (True, False)}
    if min(len({unit.patient for unit in own}) for own in of_class.values()) < 2:
        return None
    m, n = len(of_class[True]), len(of_class[False])
    placed: dict[bool, Counter[int]] = {}
    for kind, own in of_class.items():
        others = sorted(unit.score for unit in of_class[not kind])
        placed[kind] = Counter()
        for unit in own:
            below = bisect_left(others, unit.score) + bisect_right(others, unit.score)
            placed[kind][unit.patient] += below if kind else 2 * len(others) - below
    wins_twice = placed[True].total()
    units_of = {kind: Counter(unit.patient for unit in own) for kind, own in of_class.items()}
    return Placements(
        m,
        n,
        Fraction(wins_twice, 2 * m * n),
        {k: m * twice - units_of[True][k] * wins_twice for k, twice in placed[True].items()},
        {k: n * twice - units_of[False][k] * wins_twice for k, twice in placed[False].items()},
        [list(counts.values()) for counts in units_of.values()] if grouped else [],
    )


def auroc_variance(placed: Placements) -> Fraction:
    """Compute S10 / m + S01 / n + 2 S11 / (mn), each times its own number of patients over that number less one."""
    patients = len({*placed.positives, *placed.negatives})
    with_positives, with_negatives = len(placed.positives), len(placed.negatives)
    of_positives = sum(p * p for p in placed.positives.values())
    of_negatives = sum(q * q for q in placed.negatives.values())
    of_both = sum(p * placed.negatives.get(k, 0) for k, p in placed.positives.items())
    m, n = placed.m, placed.n
    return (
        Fraction(with_positives * of_positives, (with_positives - 1) * m * m)
        + Fraction(with_negatives * of_negatives, (with_negatives - 1) * n * n)
        + Fraction(2 * patients * of_both, (patients - 1) * m * n)
    ) / (2 * m * n) ** 2


def auroc_degrees(placed: Placements) -> float:
    """Compute degrees of freedom (sum u_k^2)^2 / sum u_k^4 with u_k = P_k / m + N_k / n, within 3 and I - 1.

    Of groups of patients no more than their sizes in either class allow.
    """
    everyone = {*placed.positives, *placed.negatives}
    moved = [placed.n * placed.positives.get(k, 0) + placed.m * placed.negatives.get(k, 0) for k in everyone]
    squares = [move * move for move in moved]
    effective = Fraction(sum(squares) ** 2, sum(square * square for square in squares)) if any(squares) else 0
    degrees = float(min(max(effective, FEWEST_DEGREES), len(everyone) - 1))
    return min(degrees, *map(degrees_of_sizes, placed.group_sizes)) if placed.group_sizes else degrees


def delong_clustered(units: Sequence[Scored], confidence: float) -> Interval | None:
    """Compute A ± z sqrt(variance), on the logit scale where it would leave [0, 1].

    None with fewer than two patients of a class, without variance, or for an AUROC of 0 or 1.
    """
    placed = placements(units)
    if placed is None or placed.area in (0, 1) or auroc_variance(placed) <= 0:
        return None
    area, reach = float(placed.area), two_sided_normal(confidence) * math.sqrt(auroc_variance(placed))
    if area - reach >= 0 and area + reach <= 1:
        return area - reach, area + reach
    return _on_the_logit_scale(area, reach)


def delong_student(units: Sequence[Scored], confidence: float, grouped: bool = False) -> Interval | None:
    """Compute logit A ± t sqrt(variance) / (A (1 - A)), mapped back; None as `delong_clustered`."""
    placed = placements(units, grouped)
    if placed is None or placed.area in (0, 1) or auroc_variance(placed) <= 0:
        return None
    t = two_sided_student(confidence, auroc_degrees(placed))
    return _on_the_logit_scale(float(placed.area), t * math.sqrt(auroc_variance(placed)))


def delong_newcombe(units: Sequence[Scored], confidence: float, grouped: bool = False) -> Interval | None:
    """Compute the union of two intervals; None as `delong_clustered`.

    One is `delong_student` with the variance of patients' sizes added, the other Newcombe's on effective class sizes.
    """
    placed = placements(units, grouped)
    if placed is None or placed.area in (0, 1) or auroc_variance(placed) <= 0:
        return None
    variance = auroc_variance(placed)
    if not grouped:
        variance += UNSEEN_SIZES * sum(_variance_of_sizes(units, kind) for kind in (True, False))
    t, area = two_sided_student(confidence, auroc_degrees(placed)), float(placed.area)
    student = _on_the_logit_scale(area, t * math.sqrt(variance))
    m, n = (_effective_units(units, kind, grouped) for kind in (True, False))
    score = newcombe(area, m, n, confidence)
    return min(student[0], score[0]), max(student[1], score[1])


def newcombe(area: float, m: float, n: float, confidence: float) -> Interval:
    """Compute the areas t at which |A - t| = z sqrt(V(t)), by bisection on either side of A.

    V(t) = t (1 - t) (1 + ((m + n) / 2 - 1) ((1 - t) / (2 - t) + t / (1 + t))) / (m n).
    """
    z = two_sided_normal(confidence)

    def inside(t: float) -> bool:
        factor = 1 + ((m + n) / 2 - 1) * ((1 - t) / (2 - t) + t / (1 + t))
        return (area - t) ** 2 <= z * z * t * (1 - t) * factor / (m * n)

    bounds = []
    for outside in (0.0, 1.0):
        within = area
        for _ in range(HALVINGS):
            middle = (within + outside) / 2
            within, outside = (middle, outside) if inside(middle) else (within, middle)
        bounds.append((within + outside) / 2)
    return bounds[0], bounds[1]


def _effective_units(units: Sequence[Scored], kind: bool, grouped: bool) -> float:
    """Compute the effective number of units of a class.

    With m units, s = m^2 / sum m_k^2, the design effect e of the placements and D = min(m, m / e) it is
    max(min(D, s), min(D, 1 / (e / m + 4 sum m_k^3 / m^3))); m with one unit per patient, D of groups of patients.
    """
    of_patients = _units_of(units, kind)
    m, patients = of_patients.total(), len(of_patients)
    if patients == m:
        return float(m)
    residuals: Counter[int] = Counter()
    alone = 0
    for patient, residual in _residuals(units, kind):
        residuals[patient] += residual
        alone += residual**2
    together = Fraction(patients * sum(residual**2 for residual in residuals.values()), patients - 1)
    effect = together / Fraction(m * alone, m - 1) if together else Fraction(0)
    size = m / max(1.0, float(effect))
    if grouped:
        return size
    worst = m * m / sum(count**2 for count in of_patients.values())
    unseen = UNSEEN * Fraction(sum(count**3 for count in of_patients.values()), m**3)
    return max(min(size, worst), min(size, float(1 / (effect / m + unseen))))


def _variance_of_sizes(units: Sequence[Scored], kind: bool) -> Fraction:
    """Multiply the variance of a class's placements by that of the proportion of units with a random unit's patient."""
    counts = _units_of(units, kind).values()
    m, n = sum(counts), len(units) - sum(counts)
    if m < 2:
        return Fraction(0)
    of_placements = Fraction(
        sum(residual**2 for _, residual in _residuals(units, kind)), (m - 1) * (2 * m * n) ** 2
    )
    squares, cubes = (sum(count**power for count in counts) for power in (2, 3))
    return of_placements * (Fraction(cubes, m**3) - Fraction(squares, m**2) ** 2)


def _units_of(units: Sequence[Scored], kind: bool) -> Counter[int]:
    """Count the units of a class by patient."""
    return Counter(unit.patient for unit in units if unit.positive == kind)


def _residuals(units: Sequence[Scored], kind: bool) -> list[tuple[int, int]]:
    """Pair the patient of each unit of a class with the deviation of its placement from the mean, times 2mn."""
    own = [unit for unit in units if unit.positive == kind]
    others = sorted(unit.score for unit in units if unit.positive != kind)
    won = [bisect_left(others, unit.score) + bisect_right(others, unit.score) for unit in own]
    m, total = len(own), sum(won)
    return [(unit.patient, m * twice - total) for unit, twice in zip(own, won, strict=True)]


def effective_patients(units_of: Iterable[int]) -> Fraction:
    """Compute (sum n_k)^2 / sum n_k^2; 0 without patients."""
    counts = list(units_of)
    return Fraction(sum(counts) ** 2, sum(count**2 for count in counts)) if any(counts) else Fraction(0)


def jackknife_student(
    value: float,
    left_out: Sequence[float | None],
    units_of_classes: Sequence[Sequence[int]],
    confidence: float,
    grouped: bool = False,
) -> Interval | None:
    """Compute logit V - bias ± t sqrt(var (1 + 4 / K_e)) / (V (1 - V)), mapped back, and widened to contain V.

    With V_k the value without patient k and s = V (1 - V), var = (K - 1) / K sum (mean - V_k)^2 and
    bias = (K - 1) (mean - V) / s + (2 V - 1) var / (2 s^2). K_e is the effective number of patients of the class that
    has fewer. The 4 is not for groups of patients: their sizes limit the degrees of freedom. None without a class, for
    a V of 0 or 1, an undefined V_k, and equal V_k.
    """
    values = [one for one in left_out if one is not None]
    if not all(units_of_classes) or len(values) < len(left_out) or value in (0, 1) or len(set(values)) == 1:
        return None
    number, mean, s = len(values), math.fsum(values) / len(values), value * (1 - value)
    squares = [(mean - one) ** 2 for one in values]
    effective = math.fsum(squares) ** 2 / math.fsum(square**2 for square in squares)
    sizes = units_of_classes if grouped else ()
    degrees = min([max(effective, FEWEST_DEGREES), number - 1, *map(degrees_of_sizes, sizes)])
    variance = (number - 1) / number * math.fsum(squares)
    bias = (number - 1) * (mean - value) / s + (2 * value - 1) * variance / (2 * s * s)
    unseen = 0.0 if grouped else UNSEEN / float(min(map(effective_patients, units_of_classes)))
    half = two_sided_student(confidence, degrees) * math.sqrt(variance * (1 + unseen)) / s
    middle = math.log(value / (1 - value)) - bias
    low, high = (_inverse_logit(middle - half), _inverse_logit(middle + half))
    return min(low, value), max(high, value)


def _inverse_logit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def _on_the_logit_scale(area: float, reach: float) -> Interval:
    factor = math.exp(-reach / (area * (1 - area)))  # of the odds; below 1, so that nothing overflows
    return area * factor / (area * factor + 1 - area), area / (area + (1 - area) * factor)


def wilson_patients(area: float, patients: int, confidence: float) -> Interval:
    """Compute the interval of an AUROC of 1 (mirrored: 0); ``patients`` of the class that has fewer."""
    bound = patients / (patients + two_sided_normal(confidence) ** 2)
    return (bound, 1.0) if area == 1 else (0.0, 1 - bound)
