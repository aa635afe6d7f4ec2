"""The suite's own numbers of a study, from its functions with all digits, by the names of `comparisons`."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from tests.validation.against_r.comparisons import LEVEL, PROPORTIONS
from tests.validation.against_r.made_studies import Images
from validation.analyses.calibration import calibration
from validation.cohort.outcomes import Units
from validation.homogeneity.level_estimates import LevelEstimate, level_estimate
from validation.intervals.distributions import student_quantile
from validation.intervals.proportions import clopper_pearson, clustered_proportion, korn_graubard
from validation.metrics.auroc import auroc, auroc_jackknife, auroc_variance, delong_clustered, placements
from validation.metrics.auroc_interval import degrees_of_freedom, delong_student
from validation.metrics.counts import confusion, proportion_of


def ours(study: Images) -> Mapping[str, float | None]:
    """Compute every quantity; None where the suite says that there is none."""
    found: dict[str, float | None] = {}
    for metric in PROPORTIONS:
        found |= _of_proportion(metric, study)
    found["covariance of the classes"] = _covariance_of_classes(study.units)
    return found | _of_auroc(study) | _of_calibration(study)


def bounds(quantity: str, interval: tuple[float, float] | None) -> dict[str, float | None]:
    """Name the two bounds of an interval."""
    low, high = interval or (None, None)
    return {f"{quantity}, lower": low, f"{quantity}, upper": high}


def _counts(units: Units) -> NDArray[np.float64]:
    """Count TP, FP, FN, TN by patient."""
    is_positive, called = units.truth == 1, units.called
    cell = np.select([is_positive & called, called, is_positive], [0, 1, 2], default=3)
    counts = np.zeros((int(units.patient.max()) + 1, 4))
    np.add.at(counts, (units.patient, cell), 1)
    return counts


def _covariance_of_classes(units: Units) -> float:
    """The covariance of sensitivity and specificity, of the patients with images of both classes."""
    levels = [level_estimate(metric, _counts(units), units) for metric in ("sensitivity", "specificity")]
    first, second = (level.influence for level in levels if isinstance(level, LevelEstimate))
    return float((first * second).sum())


def _of_proportion(metric: str, study: Images) -> dict[str, float | None]:
    kind = proportion_of(metric)
    counts = _counts(study.units)
    x, n = kind.fraction(confusion(counts))
    sample = clustered_proportion(x, n, LEVEL)
    p, trials, design_effect = sample.proportion, sample.trials, sample.design_effect
    found: dict[str, float | None] = {metric: kind.of_fraction(p), f"{metric}, design effect": design_effect}
    found |= bounds(f"{metric}, clopper_pearson", kind.mapped(clopper_pearson(p * trials, trials, LEVEL)))
    published = korn_graubard(sample, LEVEL)
    found |= bounds(f"{metric}, korn_graubard", published and kind.mapped(published))
    if design_effect is not None:
        fewer = clopper_pearson(p * (trials - 1), trials - 1, LEVEL)
        found |= bounds(f"{metric}, Clopper-Pearson on n-1", kind.mapped(fewer))
        se = math.sqrt(design_effect * p * (1 - p) / trials)
        half = student_quantile(LEVEL, sample.patients - 1) * se / (p * (1 - p))
        found |= bounds(
            f"{metric}, logit and t", (float(expit(logit(p) - half)), float(expit(logit(p) + half)))
        )
        found[f"{metric}, standard error"] = se
    return found


def _of_auroc(study: Images) -> dict[str, float | None]:
    placed = placements(study.units)
    left_out = auroc_jackknife(study.units, placed)
    jackknife = (len(left_out) - 1) * float(np.var(left_out))
    return {
        "auroc": auroc(placed),
        "auroc, variance": auroc_variance(placed),
        "auroc, variance of the jackknife": jackknife,
        "auroc, degrees of freedom": degrees_of_freedom(placed),
        **bounds("delong_clustered", delong_clustered(placed, LEVEL)),
        **bounds("delong_student", delong_student(placed, LEVEL)),
    }


def _of_calibration(study: Images) -> dict[str, float | None]:
    fitted = calibration(study.units, LEVEL)
    found: dict[str, float | None] = {}
    for quantity, measured in (
        ("in the large", fitted.in_the_large),
        ("intercept", fitted.intercept),
        ("slope", fitted.slope),
    ):
        found |= {quantity: measured.value} | bounds(quantity, measured.interval)
    return found
