"""Sites as clusters beside the primary analysis, and how much a metric varies between sites. Nothing here decides.

Owns the analysis ``by_site`` and the variance between sites. Estimates with sites as clusters are `closed_form`;
whether one site alone moves the result is `leave_one_out`.
Sources: DerSimonian & Laird 1986 (method of moments); Higgins & Thompson 2002 (I squared).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from protocols.progress import Progress
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
    """The estimate of one site, its variance over the site's patients, and how this depends on the site's size.

    ``per_unit`` is 1 / n for n units, for AUROC 1 / m + 1 / n for m positives and n negatives; ``degrees`` are the
    contributing patients less one, for AUROC of the class that has fewer. ``variance`` is 0 where there are no degrees.
    """

    value: float
    variance: float
    per_unit: float
    degrees: int


@dataclass(frozen=True, slots=True)
class BetweenSites:
    """The variance of the true values of sites, 0 or more, and I squared in [0, 1]."""

    variance: float
    i_squared: float


def site_variation(
    cohort: JoinedCohort, studies: Studies, protocol: Protocol, progress: Progress
) -> SiteVariation | None:
    """Compute the four metrics with sites as clusters, and their variance between sites.

    Args:
        cohort: all images.
        studies: with a column ``site``.
        protocol: its unit of analysis and confidence level.
        progress: called before the first and after each metric.

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
    progress("sites", 0, len(SUBGROUP_METRICS))
    whole = closed_estimates(sample_of(by_site, members, drawn, unit=unit), SUBGROUP_METRICS, level)
    of_patients = resampled_patients(replace(cohort, cluster=None), members)
    samples = [sample_of(cohort, members & (site == name), of_patients, unit=unit) for name in sites]
    metrics = []
    for number, estimate in enumerate(whole, 1):
        metrics.append(_metric(estimate, samples))
        progress("sites", number, len(whole))
    return replace(found, metrics=tuple(metrics))


def pooled_variances(estimates: Sequence[SiteEstimate]) -> list[float]:
    """Return each site's variance, c times its ``per_unit``, with c pooled over the sites by their degrees of freedom.

    A variance from the few patients of one site is known badly and depends on the estimate itself, so that as a weight
    it would make a variation between sites appear where there is none. Empty where c is 0 or no site has degrees.
    """
    degrees = sum(one.degrees for one in estimates)
    pooled = total(np.array([one.degrees * one.variance / one.per_unit for one in estimates]))
    return [pooled / degrees * one.per_unit for one in estimates] if pooled > 0 else []


def between_sites(values: Sequence[float], variances: Sequence[float]) -> BetweenSites:
    """Compute DerSimonian and Laird's variance between sites.

    With weights w = 1 / variance, m the weighted mean and Q = sum w (x - m)^2 over k sites, the variance is
    max(0, (Q - (k - 1)) / (sum w - sum w^2 / sum w)), and I squared is max(0, (Q - (k - 1)) / Q).

    Args:
        values: the estimates x of two sites or more.
        variances: of each over its patients, above 0.
    """
    weight, value = 1 / np.array(variances), np.array(values)
    mean = total(weight * value) / total(weight)
    q = total(weight * (value - mean) ** 2)
    excess = q - (len(values) - 1)
    if excess <= 0:
        return BetweenSites(0.0, 0.0)
    return BetweenSites(excess / (total(weight) - total(weight * weight) / total(weight)), excess / q)


def _metric(whole: ClosedEstimate, samples: Sequence[Sample]) -> SiteMetric:
    estimates = [found for sample in samples if (found := site_estimate(whole.metric, sample)) is not None]
    variances = pooled_variances(estimates)
    between, note = None, None
    if len(estimates) < 2:
        note = "not estimable: fewer than two sites have an estimate"
    elif not variances:
        note = "not estimable: no variance within sites"
    else:
        between = between_sites([one.value for one in estimates], variances)
    return SiteMetric(
        metric=whole.metric,
        value=whole.value,
        interval=whole.interval,
        note=whole.note,
        sites=len(estimates),
        between_site_variance=rounded(between.variance) if between else None,
        between_site_sd=rounded(math.sqrt(between.variance)) if between else None,
        i_squared=rounded(between.i_squared) if between else None,
        variance_note=note,
    )


def site_estimate(metric: str, sample: Sample) -> SiteEstimate | None:
    """Estimate a metric of one site, with its variance over patients; None where it is undefined.

    Args:
        metric: one of `SUBGROUP_METRICS`. F1 has the variance of J = F1 / (2 - F1) times the squared slope
            2 / (1 + J)^2.
        sample: of the images of the site, its patients as clusters.
    """
    if metric == "auroc":
        placed, tally = placements(sample.ranked), sample.ranked_tally
        area = auroc(placed)
        if math.isnan(area):
            return None
        per_unit = 1 / tally.positives + 1 / tally.negatives
        return SiteEstimate(area, auroc_variance(placed) or 0.0, per_unit, tally.fewer_clusters - 1)
    x, n = proportion_of(metric).fraction(confusion(sample.counts))
    size, patients = float(n.sum()), int((n > 0).sum())
    if size == 0:
        return None
    p = float(x.sum()) / size
    residual = size * x - float(x.sum()) * n  # whole numbers, so that equal proportions give exactly 0
    variance = patients / max(1, patients - 1) * total(residual * residual) / size**4
    if metric == "f1":
        return SiteEstimate(2 * p / (1 + p), variance * (2 / (1 + p) ** 2) ** 2, 1 / size, patients - 1)
    return SiteEstimate(p, variance, 1 / size, patients - 1)
