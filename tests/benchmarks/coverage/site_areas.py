"""AUROC with sites as clusters, of the product's own functions.

Owns the studies, one image per patient, and their true value in closed form. Scores are normal with a standard
deviation of 1 in either class; a site shifts all its scores, or those of its positives only. Proportions by site are
`sites`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.random import Generator
from scipy.special import expit, logit, ndtr, ndtri

from tests.benchmarks.coverage.candidates import LEVEL
from tests.benchmarks.coverage.proportions import bounds_tally
from tests.benchmarks.coverage.sites import (
    BY_PATIENTS,
    BY_SITES,
    CORRELATIONS,
    PATIENTS,
    SITES,
    STEPS,
    mean_sizes,
    site_sizes,
)
from tests.benchmarks.coverage.tally import Tally
from validation.cohort.clusters import FEWEST_CLUSTERS
from validation.cohort.outcomes import Units
from validation.intervals.distributions import student_quantile
from validation.intervals.proportions import Interval
from validation.metrics.auroc import Placements, auroc, auroc_variance, placements, wilson_patients
from validation.metrics.auroc_interval import delong_newcombe

ALL_SCORES, POSITIVES = "all scores", "positives"  # what a site shifts
SITE_AUROC = "delong_newcombe"
PER_SITE = ("20 to 60", STEPS)


@dataclass(frozen=True, slots=True)
class SiteAreaCell:
    """One kind of study; every patient has one image.

    Attributes:
        shifted: `ALL_SCORES` or `POSITIVES`.
        per_site: patients of a site.
        sites: how many.
        correlation: of the scores of two patients of a site that it shifts.
        prevalence: the probability that a patient is positive.
        area: the AUROC between patients of different sites.
    """

    shifted: str
    per_site: str
    sites: int
    correlation: float
    prevalence: float
    area: float

    @property
    def patients(self) -> int:
        """The expected number."""
        return round(float(mean_sizes(self.per_site, self.sites).sum()))

    @property
    def images(self) -> str:
        """Of a patient."""
        return "1"

    @property
    def clustered(self) -> bool:
        """Patients are, by site."""
        return True

    @property
    def distance(self) -> float:
        """Between the classes, in standard deviations."""
        return math.sqrt(2) * float(ndtri(self.area))

    @property
    def truth(self) -> float:
        """The expected area over all pairs, those within sites as well, in which a shift of all scores has no part."""
        if self.shifted == POSITIVES:
            return self.area
        within = float(ndtr(self.distance / math.sqrt(2 - 2 * self.correlation)))
        return self.area + self.within * (within - self.area)

    @property
    def within(self) -> float:
        """The proportion of pairs within sites, from the expected sizes and their variance."""
        sizes = mean_sizes(self.per_site, self.sites)
        least, most = PATIENTS.get(self.per_site, (0, 0))
        squares = (sizes * sizes).sum() + self.sites * ((most - least + 1) ** 2 - 1) / 12
        return float(squares / sizes.sum() ** 2)


def site_area_cells() -> tuple[SiteAreaCell, ...]:
    """Every kind of study."""
    kinds = product((ALL_SCORES, POSITIVES), PER_SITE, SITES, CORRELATIONS, (0.1, 0.3), (0.85, 0.95))
    return tuple(SiteAreaCell(*kind) for kind in kinds)


def of_patients(placed: Placements) -> Interval | None:
    """The interval that decides for patients as clusters, with sites in their place."""
    return delong_newcombe(replace(placed, grouped=False), LEVEL)


def by_number_of_sites(placed: Placements) -> Interval | None:
    """DeLong's variance on the logit scale, one degree of freedom fewer than sites of the class that has fewer."""
    variance, area = auroc_variance(placed), auroc(placed)
    if not variance:
        return None
    half = student_quantile(LEVEL, fewer_sites(placed) - 1) * math.sqrt(variance) / (area * (1 - area))
    low, high = expit(logit(area) + np.array([-half, half]))
    return float(low), float(high)


def of_sites(placed: Placements) -> Interval | None:
    """The interval that decides for sites as clusters."""
    return delong_newcombe(placed, LEVEL)


def fewer_sites(placed: Placements) -> int:
    """Of the class that has fewer."""
    return min(len(np.unique(sites)) for sites in (placed.positive_patient, placed.negative_patient))


AreaInterval = Callable[[Placements], Interval | None]
AREA_INTERVALS: Mapping[str, AreaInterval] = {
    BY_PATIENTS: of_patients,
    BY_SITES: by_number_of_sites,
    SITE_AUROC: of_sites,
}


def area_by_site(cell: SiteAreaCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """The intervals of sites, beside that of patients with sites in their place."""
    return _tallied(cell, studies, seed, AREA_INTERVALS)


def decided_area_by_site(cell: SiteAreaCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """The interval that decides, alone: so many studies are for its judgement."""
    return _tallied(cell, studies, seed, {SITE_AUROC: AREA_INTERVALS[SITE_AUROC]})


def _tallied(
    cell: SiteAreaCell, studies: int, seed: list[int], intervals: Mapping[str, AreaInterval]
) -> dict[str, Tally]:
    random = np.random.default_rng(seed)
    bounds, insufficient = np.full((len(intervals), studies, 2), np.nan), 0
    for study in range(studies):
        units, passed_over = site_study(cell, random)
        insufficient += passed_over
        placed = placements(units)
        for number, interval in enumerate(intervals.values()):
            bounds[number, study] = _given(placed, interval) or (np.nan, np.nan)
    return {
        name: replace(bounds_tally(given, cell.truth), insufficient=insufficient)
        for name, given in zip(intervals, bounds, strict=True)
    }


def _given(placed: Placements, interval: AreaInterval) -> Interval | None:
    return wilson_patients(auroc(placed), fewer_sites(placed), LEVEL) or interval(placed)


def site_study(cell: SiteAreaCell, random: Generator) -> tuple[Units, int]:
    """One study with enough sites of either class, and how many before it had not."""
    insufficient = 0
    while True:
        sizes = site_sizes(cell.per_site, (1, cell.sites), random)[0].astype(np.intp)
        site = np.repeat(np.arange(cell.sites), sizes)
        positive = random.random(len(site)) < cell.prevalence
        if min(len(np.unique(site[positive])), len(np.unique(site[~positive]))) >= FEWEST_CLUSTERS:
            break
        insufficient += 1
    shared = math.sqrt(cell.correlation) * random.normal(size=cell.sites)[site]
    own = random.normal(size=len(site))
    shifted = positive if cell.shifted == POSITIVES else np.ones_like(positive)
    score = np.where(shifted, shared + math.sqrt(1 - cell.correlation) * own, own) + cell.distance * positive
    none = np.zeros(len(site), dtype=np.bool_)
    return Units(np.arange(len(site)), positive.astype(np.int8), score, none, group=site), insufficient
