"""Sites as clusters beside the primary analysis, and how much a metric varies between sites. Nothing here decides.

Owns the analysis ``by_site`` and the variance between sites. Estimates with sites as clusters are `closed_form`;
whether one site alone moves the result is `leave_one_out`.
Sources: DerSimonian & Laird 1986 (method of moments); Higgins & Thompson 2002 (I squared).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.schema.metrics import SUBGROUP_METRICS
from protocols.schema.protocol import Protocol
from protocols.storage.canonical import rounded
from protocols.tables.notices import counted
from protocols.tables.records import Studies
from validation.cohort.join import JoinedCohort
from validation.cohort.outcomes import Sample, resampled_patients, sample_of
from validation.estimates.closed_form import closed_estimates
from validation.intervals.linearisation import total
from validation.metrics.auroc import auroc, auroc_variance, placements
from validation.metrics.counts import confusion, proportion_of
from validation.results.secondary import ClosedEstimate, SiteMetric, SiteVariation

SITE = "site"


@dataclass(frozen=True, slots=True)
class SiteEstimate:
    """The estimate of one site and its variance over the site's patients, above 0."""

    value: float
    variance: float


@dataclass(frozen=True, slots=True)
class BetweenSites:
    """The variance of the true values of sites, 0 or more, and I squared in [0, 1]."""

    variance: float
    i_squared: float


def site_variation(cohort: JoinedCohort, studies: Studies, protocol: Protocol) -> SiteVariation | None:
    """Compute the four metrics with sites as clusters, and their variance between sites.

    Args:
        cohort: all images.
        studies: with a column ``site``.
        protocol: its unit of analysis and confidence level.

    Returns:
        None where fewer than two sites of analysed images are known. An interval is None with fewer than 5 sites.
    """
    names = studies.further.get(SITE, ("",) * len(studies))
    site = np.array(names, dtype=object)
    members = cohort.analysed & (site != "")
    sites = sorted(set(site[members]))
    if len(sites) < 2:
        return None
    by_site = replace(cohort, cluster=names)
    drawn = resampled_patients(by_site, members)
    at_home = {(cohort.patient_id[row], names[row]) for row in np.flatnonzero(members)}
    patients = len({patient for patient, _ in at_home})
    found = SiteVariation(
        sites=len(sites),
        images=int(members.sum()),
        patients=patients,
        images_without_site=int((cohort.analysed & ~members).sum()),
        metrics=(),
    )
    if len(at_home) > patients:
        visits: dict[str, int] = {}
        for patient, _ in at_home:
            visits[patient] = visits.get(patient, 0) + 1
        moved = sum(number > 1 for number in visits.values())
        return replace(found, note=f"{counted(moved, 'patient')} with images at two sites or more")
    unit, level = protocol.analysis.unit, protocol.bootstrap.confidence_level
    whole = closed_estimates(sample_of(by_site, members, drawn, unit=unit), SUBGROUP_METRICS, level)
    of_patients = resampled_patients(replace(cohort, cluster=None), members)
    samples = [sample_of(cohort, members & (site == name), of_patients, unit=unit) for name in sites]
    return replace(found, metrics=tuple(_metric(estimate, samples) for estimate in whole))


def between_sites(estimates: Sequence[SiteEstimate]) -> BetweenSites:
    """Compute DerSimonian and Laird's variance between sites.

    With weights w = 1 / variance, m the weighted mean and Q = sum w (x - m)^2 over k sites, the variance is
    max(0, (Q - (k - 1)) / (sum w - sum w^2 / sum w)), and I squared is max(0, (Q - (k - 1)) / Q).

    Args:
        estimates: of two sites or more.
    """
    weight = np.array([1 / one.variance for one in estimates])
    value = np.array([one.value for one in estimates])
    mean = total(weight * value) / total(weight)
    q = total(weight * (value - mean) ** 2)
    excess = q - (len(estimates) - 1)
    if excess <= 0:
        return BetweenSites(0.0, 0.0)
    return BetweenSites(excess / (total(weight) - total(weight * weight) / total(weight)), excess / q)


def _metric(whole: ClosedEstimate, samples: Sequence[Sample]) -> SiteMetric:
    estimates = [found for sample in samples if (found := site_estimate(whole.metric, sample)) is not None]
    between = between_sites(estimates) if len(estimates) > 1 else None
    return SiteMetric(
        metric=whole.metric,
        value=whole.value,
        interval=whole.interval,
        note=whole.note,
        sites=len(estimates),
        between_site_variance=rounded(between.variance) if between else None,
        between_site_sd=rounded(math.sqrt(between.variance)) if between else None,
        i_squared=rounded(between.i_squared) if between else None,
        variance_note=None if between else "not estimable: fewer than two sites have an estimate",
    )


def site_estimate(metric: str, sample: Sample) -> SiteEstimate | None:
    """Estimate a metric of one site, with its variance over patients; None where it is undefined.

    Where the patients do not differ, or one alone contributes, the variance is q (1 - q) / m with
    q = (m p + 1/2) / (m + 1), so that a site without errors does not count as known exactly: m is Kish's number of
    patients, for AUROC the number of patients of the class that has fewer. F1 takes the variance of J = F1 / (2 - F1)
    times the squared slope 2 / (1 + J)^2.

    Args:
        metric: one of `SUBGROUP_METRICS`.
        sample: of the images of the site, its patients as clusters.
    """
    if metric == "auroc":
        placed = placements(sample.ranked)
        area = auroc(placed)
        if math.isnan(area):
            return None
        return SiteEstimate(
            area, auroc_variance(placed) or _smoothed(area, sample.ranked_tally.fewer_clusters)
        )
    x, n = proportion_of(metric).fraction(confusion(sample.counts))
    size = float(n.sum())
    if size == 0:
        return None
    p = float(x.sum()) / size
    variance = _between_patients(x, n) or _smoothed(p, size * size / float((n * n).sum()))
    if metric != "f1":
        return SiteEstimate(p, variance)
    return SiteEstimate(2 * p / (1 + p), variance * (2 / (1 + p) ** 2) ** 2)


def _between_patients(x: NDArray[np.float64], n: NDArray[np.float64]) -> float:
    """Compute the variance of a ratio of sums over patients, 0 for a single one."""
    patients, size = int((n > 0).sum()), float(n.sum())
    residual = size * x - float(x.sum()) * n  # whole numbers, so that equal proportions give exactly 0
    return patients / max(1, patients - 1) * total(residual * residual) / size**4


def _smoothed(proportion: float, number: float) -> float:
    smoothed = (number * proportion + 0.5) / (number + 1)
    return smoothed * (1 - smoothed) / number
