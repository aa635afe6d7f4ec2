"""Proportions with sites as clusters: every rule for the degrees of freedom that was considered.

Owns the studies, one image per patient, and the rules on arrays of studies; that of the rule that decides is the
product's (`clustered_proportion` with ``grouped``), and a test holds them together. AUROC by site is `site_areas`.
Sources: Satterthwaite 1946; Kish 1965; Bell & McCaffrey 2002.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import Generator
from scipy.special import stdtrit

from tests.benchmarks.coverage.candidates import CANDIDATES, DEFAULT, TAIL, Numbers, Z, summary
from tests.benchmarks.coverage.designs import AT_ONCE, Counts, correlated
from tests.benchmarks.coverage.proportions import MEASURED
from tests.benchmarks.coverage.tally import Tally

SITES = (5, 10, 20, 40)
CORRELATIONS = (0.01, 0.03, 0.1)
PROPORTIONS = (0.80, 0.90, 0.95)
REGULAR, ONE_LARGE, SMALL = "regular", "one large site", "small sites"
STEPS, LARGE = "12 to 120 in steps", "200 and 20"
# Patients of a site: all alike, or the least and the most of equally likely numbers, by group.
PATIENTS: Mapping[str, tuple[int, int]] = {"20": (20, 20), "60": (60, 60), "20 to 60": (20, 60)} | {
    "4": (4, 4),
    "2 to 20": (2, 20),
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    REGULAR: ("20", "60", "20 to 60", STEPS),
    ONE_LARGE: (LARGE,),
    SMALL: ("4", "2 to 20"),
}


def mean_sizes(per_site: str, sites: int) -> Counts:
    """The expected number of patients of each site, shape (sites,)."""
    if per_site == STEPS:
        return np.rint(12 * 10 ** (np.arange(sites) / (sites - 1)))
    if per_site == LARGE:
        return np.array([200.0, *[20.0] * (sites - 1)])
    return np.full(sites, sum(PATIENTS[per_site]) / 2)


def site_sizes(per_site: str, shape: tuple[int, int], random: Generator) -> Counts:
    """Patients of each site of each study, shape (studies, sites)."""
    if per_site in PATIENTS:
        least, most = PATIENTS[per_site]
        return random.integers(least, most + 1, shape).astype(np.float64)
    return np.broadcast_to(mean_sizes(per_site, shape[1]), shape)


@dataclass(frozen=True, slots=True)
class SiteCell:
    """One kind of study; every patient has one image.

    Attributes:
        per_site: patients of a site, an entry of `GROUPS`.
        sites: how many.
        correlation: of two patients of one site; the sites' proportions are beta-distributed.
        proportion: the truth.
    """

    per_site: str
    sites: int
    correlation: float
    proportion: float

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
    def truth(self) -> float:
        """The proportion."""
        return self.proportion


def site_cells() -> tuple[SiteCell, ...]:
    """Every kind of study."""
    return tuple(
        SiteCell(*kind)
        for of_group in GROUPS.values()
        for kind in product(of_group, SITES, CORRELATIONS, PROPORTIONS)
    )


BY_PATIENTS, BY_SITES, BY_KISH, BY_DATA, BY_DATA_AND_KISH, SITE_DEFAULT = (
    "as of patients",
    "K - 1",
    "Kish's number of sites less one",
    "d",
    "min(d, Kish's less one)",
    "min(d, d_n)",
)


def effective_sizes(right: Counts, patients: Counts) -> dict[str, Numbers]:
    """The effective size by each rule, shape (studies,), of counts by site, shape (studies, sites), all above 0."""
    n, x, sites = patients.sum(axis=1), right.sum(axis=1), patients.shape[1]
    proportion, kish = x / n, n * n / (patients * patients).sum(axis=1)
    squares = (n[:, None] * right - x[:, None] * patients) ** 2
    squared = squares.sum(axis=1)
    varies = squared > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = sites / (sites - 1) * squared / n**4
        size = np.minimum(n, proportion * (1 - proportion) / variance)
        own = squared**2 / (squares**2).sum(axis=1)
    degrees = {
        BY_SITES: np.full(len(n), sites - 1.0),
        BY_KISH: kish - 1,
        BY_DATA: own,
        BY_DATA_AND_KISH: np.minimum(own, kish - 1),
        SITE_DEFAULT: np.minimum(own, _by_size(patients / n[:, None])),
    }
    by_rule = {name: np.where(varies, size * _student(one), kish) for name, one in degrees.items()}
    return {BY_PATIENTS: CANDIDATES[DEFAULT].effective(summary(right, patients))} | by_rule


def _by_size(weight: Counts) -> Numbers:
    """tr(G)^2 / tr(G^2), of the proportion of the patients that each site has."""
    s2, s3, s4, s5 = ((weight**power).sum(axis=1) for power in (2, 3, 4, 5))
    trace = s2 - 2 * s3 + s2**2
    degrees: Numbers = trace**2 / (s4 + 4 * s2 * s4 + 2 * s3**2 + s2**4 - 4 * s2**2 * s3 - 4 * s5)
    return degrees


def _student(degrees: Numbers) -> Numbers:
    factor: Numbers = (Z / stdtrit(np.maximum(np.nan_to_num(degrees, nan=1.0), 1.0), 1 - TAIL)) ** 2
    return factor


def by_site(cell: SiteCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """Clopper-Pearson on the effective size by each rule, on the same studies."""
    parts: dict[str, list[tuple[int, int, int, Numbers]]] = {}
    inverted = CANDIDATES[DEFAULT]
    for right, patients in simulated_sites(cell, studies, np.random.default_rng(seed)):
        proportion = right.sum(axis=1) / patients.sum(axis=1)
        for name, size in effective_sizes(right, patients).items():
            misses = inverted.misses(size * proportion, size, cell.proportion)
            counted = parts.setdefault(name, [])
            left = MEASURED - sum(len(widths) for *_, widths in counted)
            low, high = inverted.bounds((size * proportion)[:left], size[:left])
            counted.append((len(size), int(misses.above.sum()), int(misses.below.sum()), high - low))
    return {name: _together(counted) for name, counted in parts.items()}


def _together(parts: list[tuple[int, int, int, Numbers]]) -> Tally:
    studies, above, below = (sum(numbers) for numbers in zip(*(part[:3] for part in parts), strict=True))
    width = float(np.concatenate([part[3] for part in parts]).mean())
    return Tally(studies, studies - above - below, above, below, 0, width)


def simulated_sites(cell: SiteCell, studies: int, random: Generator) -> Iterator[tuple[Counts, Counts]]:
    """Successes and patients by site, shape (studies, sites) each, in parts."""
    at_once = AT_ONCE // cell.sites
    for start in range(0, studies, at_once):
        shape = (min(at_once, studies - start), cell.sites)
        patients = site_sizes(cell.per_site, shape, random)
        rate = correlated(np.full(shape, cell.proportion), cell.correlation, random)
        yield random.binomial(patients.astype(np.int64), rate).astype(np.float64), patients
