"""The rows of `estimates`, independently: every metric in every level with all intervals and the one that decides.

Owns which intervals apply, their rounding and the minimum sizes. Values of the replicates are `replicates`, formulas
`formulas`, `scores` and `draws`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from protocols.schema.protocol import Protocol
from protocols.storage.canonical import FITTED_PLACES, PLACES, rounded
from validation.independent import formulas
from validation.independent import scores as of_scores
from validation.independent.cohort import NEGATIVE, POSITIVE, Image, Unit
from validation.independent.draws import bca, percentile
from validation.independent.formulas import Counts, Interval
from validation.independent.replicates import OF_COUNTS, OF_SCORES, Slice, value_of_scores
from validation.independent.subgroup_levels import LevelName

# The outcomes that are successes, and those that are counted; for f1 they are those of J, which is mapped to it.
Part = tuple[tuple[str, ...], tuple[str, ...]]
PARTS: Mapping[str, Part] = {
    "sensitivity": (("tp",), ("tp", "fn")),
    "specificity": (("tn",), ("tn", "fp")),
    "f1": (("tp",), ("tp", "fp", "fn")),
    "ppv": (("tp",), ("tp", "fp")),
    "npv": (("tn",), ("tn", "fn")),
    "accuracy": (("tp", "tn"), Counts._fields),
    "prevalence": (("tp", "fn"), Counts._fields),
}
# The two proportions of each other metric: their mean, or the first over the second.
PAIRS: Mapping[str, tuple[Part, Part]] = {
    "balanced_accuracy": (PARTS["sensitivity"], PARTS["specificity"]),
    "lr_positive": (PARTS["sensitivity"], (("fp",), ("tn", "fp"))),
    "lr_negative": ((("fn",), ("tp", "fn")), PARTS["specificity"]),
}
FRACTIONS = tuple(metric for metric in PARTS if metric != "f1")
# Reported to 6 decimals.
FITTED = ("brier", "delong_clustered", "delong_student", "delong_newcombe", "jackknife_student")
FALLBACKS = ("exact_clustered", "wilson_patients", "mover", "delong_newcombe", "jackknife_student")
UNDEFINED_SHARE = 0.01
FEWEST_CLUSTERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A metric in a level, with the names and the rounding of an entry of `estimates` in results.json."""

    metric: str
    subgroup: Mapping[str, str]
    value: float | None
    numerator: int | None
    denominator: int | None
    images: int
    patients: int
    positives: int
    negatives: int
    positive_patients: int
    negative_patients: int
    intervals: Mapping[str, Interval | None]
    decision_interval: str | None
    design_effect: float | None
    effective_size: float | None
    effective_patients: float | None
    undefined_replicates: int
    status: str
    clusters: Mapping[str, int] | None = None
    class_patients: Mapping[str, float] | None = None


def row_of(
    metric: str, level: LevelName, own: Slice, replicates: Sequence[float | None], protocol: Protocol
) -> Row:
    """Compute one row with every interval that applies."""
    value = value_of(metric, own)
    defined = [replicate for replicate in replicates if replicate is not None]
    usual, at_look = protocol.bootstrap.confidence_level, level_of_look(protocol)
    intervals = _intervals(metric, own, value, defined, usual)
    stricter = intervals if at_look == usual else _intervals(metric, own, value, defined, at_look)
    decisive = None
    for name in (_choice(metric, protocol), *FALLBACKS):
        if decisive is None and name in stricter:
            intervals = {**intervals, name: stricter[name]}
            decisive = name if stricter[name] else None
    undefined, size = len(replicates) - len(defined), sizes(metric, own)
    clusters = clusters_behind(metric, own) if own.grouped else None
    of_scores_alone = metric in OF_SCORES and value is not None and not own.grouped
    behind = class_patients(metric, own) if of_scores_alone else None
    x, n = successes(PARTS[metric], own) if metric in PARTS else ([], [])
    return Row(
        metric=metric,
        subgroup={"axis": level[0], "level": level[1]},
        value=None if value is None else as_written(value, metric),
        numerator=sum(x) if metric in FRACTIONS else None,
        denominator=sum(n) if metric in FRACTIONS else None,
        **size,
        intervals=intervals,
        decision_interval=decisive,
        design_effect=_written(formulas.design_effect(x, n, own.grouped), metric),
        effective_size=_written(formulas.effective_size(x, n, at_look, own.grouped) if n else None, metric),
        effective_patients=_written(formulas.effective_patients(x, n, own.grouped) if n else None, metric),
        undefined_replicates=undefined,
        status=_status(
            metric,
            value,
            {**size, **_counted_as(behind), **_clusters_needed(clusters, metric)},
            undefined,
            decisive,
            protocol,
        ),
        clusters=clusters,
        class_patients={kind: as_written(number) for kind, number in behind.items()} if behind else None,
    )


def level_of_look(protocol: Protocol) -> float:
    """Compute the level of the interval that decides at one of the planned looks: alpha divided by their number."""
    level, looks = protocol.bootstrap.confidence_level, protocol.looks.planned
    return level if looks == 1 else 1 - (1 - level) / looks


def _intervals(
    metric: str, own: Slice, value: float | None, defined: Sequence[float], confidence: float
) -> dict[str, Interval | None]:
    """Compute every interval that applies, as written, at one level."""
    intervals: dict[str, Interval | None] = {"percentile": None, "bca": None}
    if value is not None:
        intervals["percentile"] = percentile(value, defined, confidence)
    left_out = [] if value is None else _jackknife(metric, own)
    if value is not None and defined:
        intervals["bca"] = bca(value, defined, left_out, confidence)
    intervals |= _closed_intervals(metric, own, value, left_out, confidence)
    return {name: bounds_as_written(bounds, metric, name) for name, bounds in intervals.items()}


def _written(value: float | Fraction | None, metric: str) -> float | None:
    return None if value is None else as_written(value, metric)


def _choice(metric: str, protocol: Protocol) -> str:
    if metric in PARTS:
        return protocol.decision.proportion
    other = protocol.decision.other
    if metric == "auroc" or other in ("percentile", "bca"):
        return other
    return "mover" if metric in OF_COUNTS else "jackknife_student"


def value_of(metric: str, own: Slice) -> float | None:
    """Compute a metric of a slice."""
    return (
        OF_COUNTS[metric](own.total) if metric in OF_COUNTS else value_of_scores(metric, own, _each_once(own))
    )


def _each_once(own: Slice) -> list[int]:
    """Return weight 1 for every patient up to the last one of the slice."""
    return [1] * (max(own.counts, default=-1) + 1)


def _jackknife(metric: str, own: Slice) -> list[float | None]:
    """Compute the metric without each contributing patient."""
    if metric in OF_SCORES:
        weight, left_out = _each_once(own), []
        of_patients = own.errors.patients if metric == "brier" else {unit.patient for unit in own.ranked}
        for patient in sorted(of_patients):
            weight[patient] = 0
            left_out.append(value_of_scores(metric, own, weight))
            weight[patient] = 1
        return left_out
    total, counted = own.total, PARTS[metric][1] if metric in PARTS else Counts._fields
    return [
        OF_COUNTS[metric](Counts(*(units - of_one for units, of_one in zip(total, counts, strict=True))))
        for counts in own.counts.values()
        if _sum(counts, counted)
    ]


def _closed_intervals(
    metric: str, own: Slice, value: float | None, left_out: Sequence[float | None], confidence: float
) -> dict[str, Interval | None]:
    """Compute the closed-form intervals; None where one that applies is not available.

    ``left_out`` are the values without each contributing patient.
    """
    if metric in PARTS:
        return of_proportion(metric, own, confidence)
    if metric in OF_COUNTS:
        return {"mover": None if value is None else _mover(metric, own, confidence)}
    if metric != "auroc":
        if value is None:
            return {"jackknife_student": None}
        classes = units_of_classes(metric, own)
        return {
            "jackknife_student": of_scores.jackknife_student(
                value, left_out, classes, confidence, own.grouped
            )
        }
    intervals: dict[str, Interval | None] = {
        "delong_clustered": of_scores.delong_clustered(own.ranked, confidence),
        "delong_student": of_scores.delong_student(own.ranked, confidence, own.grouped),
        "delong_newcombe": of_scores.delong_newcombe(own.ranked, confidence, own.grouped),
    }
    if value in (0, 1):
        fewer = min(
            len({unit.patient for unit in own.ranked if unit.positive == kind}) for kind in (True, False)
        )
        intervals["wilson_patients"] = of_scores.wilson_patients(value, fewer, confidence)
    return intervals


def of_proportion(metric: str, own: Slice, confidence: float) -> dict[str, Interval | None]:
    """Compute the closed-form intervals of a proportion or of f1."""
    x, n = successes(PARTS[metric], own)
    if not n:
        return dict.fromkeys(("exact_clustered", "korn_graubard", "wilson_effective", "clopper_pearson"))
    intervals = {
        "exact_clustered": formulas.exact_clustered(x, n, confidence, own.grouped),
        "korn_graubard": formulas.korn_graubard(x, n, confidence, own.grouped),
        "wilson_effective": formulas.wilson_effective(x, n, confidence, own.grouped),
        "clopper_pearson": formulas.clopper_pearson(sum(x), sum(n), confidence),
    }
    if metric != "f1":
        return intervals
    mapped = formulas.f1_of_jaccard
    return {name: bounds and (mapped(bounds[0]), mapped(bounds[1])) for name, bounds in intervals.items()}


def _mover(metric: str, own: Slice, confidence: float) -> Interval | None:
    """Compute MOVER from the `exact_clustered` intervals of two proportions; 1 - p is counted, not subtracted."""
    (x, n), (y, m) = (successes(part, own) for part in PAIRS[metric])
    proportions = sum(x) / sum(n), sum(y) / sum(m)
    intervals = (
        formulas.exact_clustered(x, n, confidence, own.grouped),
        formulas.exact_clustered(y, m, confidence, own.grouped),
    )
    mover = formulas.mover_mean if metric == "balanced_accuracy" else formulas.mover_ratio
    return mover(*proportions, *intervals, _correlation(metric, own))


def _correlation(metric: str, own: Slice) -> float:
    """Correlate the two proportions of a metric over all patients of the slice."""
    first, second = PAIRS[metric]
    columns = [[_sum(counts, names) for counts in own.counts.values()] for names in (*first, *second)]
    return formulas.correlation(*columns)


def successes(part: Part, own: Slice) -> tuple[list[int], list[int]]:
    """Count the successes and units of each patient that has units."""
    success, counted = part
    with_units = [counts for counts in own.counts.values() if _sum(counts, counted)]
    return [_sum(counts, success) for counts in with_units], [_sum(counts, counted) for counts in with_units]


def _sum(counts: Counts, outcomes: Sequence[str]) -> int:
    return sum(getattr(counts, name) for name in outcomes)


def sizes(metric: str, own: Slice) -> dict[str, int]:
    """Count images, patients and units of each class of a row; for metrics of scores, those that enter it."""
    images = [image for image in own.images if _enters(image, metric)]
    units = [unit for unit in own.units if _enters(unit, metric)]
    of_class = {
        kind: [unit.patient for unit in units if unit.reference == kind] for kind in (POSITIVE, NEGATIVE)
    }
    return {
        "images": len(images),
        "patients": len({unit.patient for unit in units}),
        "positives": len(of_class[POSITIVE]),
        "negatives": len(of_class[NEGATIVE]),
        "positive_patients": len(set(of_class[POSITIVE])),
        "negative_patients": len(set(of_class[NEGATIVE])),
    }


def clusters_behind(metric: str, own: Slice) -> dict[str, int]:
    """Count the clusters of a row: with any unit that enters it, with a positive and with a negative one."""
    units = [unit for unit in own.units if _enters(unit, metric)]
    of_class = {"positive": POSITIVE, "negative": NEGATIVE}
    return {"any": len({unit.cluster for unit in units})} | {
        name: len({unit.cluster for unit in units if unit.reference == kind})
        for name, kind in of_class.items()
    }


def class_patients(metric: str, own: Slice) -> dict[str, Fraction]:
    """Compute the effective number of patients of each class of the units of a metric of scores."""
    numbers = map(of_scores.effective_patients, units_of_classes(metric, own))
    return dict(zip(("positive", "negative"), numbers, strict=True))


def units_of_classes(metric: str, own: Slice) -> list[list[int]]:
    """Count the units of each cluster of positives, and of negatives, that enter a metric."""
    units = [unit for unit in own.units if _enters(unit, metric)]
    return [
        list(Counter(unit.cluster for unit in units if unit.reference == kind).values())
        for kind in (POSITIVE, NEGATIVE)
    ]


def _counted_as(behind: Mapping[str, Fraction] | None) -> dict[str, Fraction]:
    """Return the effective numbers under the names of the counts that they stand for in the rule of sufficiency."""
    return {f"{kind}_patients": number for kind, number in (behind or {}).items()}


def _clusters_needed(clusters: Mapping[str, int] | None, metric: str) -> dict[str, int]:
    """Return the smallest number of clusters that a metric rests on; nothing where clusters are patients."""
    if clusters is None:
        return {}
    unneeded = {"sensitivity": "negative", "specificity": "positive"}.get(metric)
    return {"fewest_clusters": min(number for kind, number in clusters.items() if kind != unneeded)}


def _enters(one: Image | Unit, metric: str) -> bool:
    """Return whether an image or unit enters: metrics of scores need a known reference, Brier also a score."""
    known = one.reference in (POSITIVE, NEGATIVE)
    return metric not in OF_SCORES or (known and (metric != "brier" or one.score is not None))


def _status(
    metric: str,
    value: float | None,
    sizes: Mapping[str, int | Fraction],
    undefined: int,
    decisive: str | None,
    protocol: Protocol,
) -> str:
    if value is None:
        return "undefined"
    least = protocol.minimum
    few = (
        sizes["patients"] < least.patients
        or sizes.get("fewest_clusters", FEWEST_CLUSTERS) < FEWEST_CLUSTERS
        or (metric != "specificity" and sizes["positive_patients"] < least.positive_patients)
        or (metric != "sensitivity" and sizes["negative_patients"] < least.negative_patients)
    )
    often_undefined = undefined > UNDEFINED_SHARE * protocol.bootstrap.replicates
    return "insufficient" if few or often_undefined or decisive is None else "ok"


def bounds_as_written(bounds: Interval | None, metric: str, name: str) -> Interval | None:
    """Round an interval as in results.json; None where its width is then 0."""
    low, high = (as_written(bound, metric, name) for bound in bounds or (0, 0))
    return (low, high) if low < high else None


def as_written(value: float | Fraction, *names: str) -> float:
    """Round a number to the decimals of results.json for a metric or interval of these names."""
    return rounded(float(value), FITTED_PLACES if any(name in FITTED for name in names) else PLACES)
