"""The part of the coverage certificate on sites as clusters: its rules, its true values, five of its cells."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from tests.benchmarks.coverage.candidates import LEVEL
from tests.benchmarks.coverage.site_areas import (
    ALL_SCORES,
    AREA_INTERVALS,
    POSITIVES,
    SITE_AUROC,
    SiteAreaCell,
    area_by_site,
    by_number_of_sites,
    decided_area_by_site,
    site_area_cells,
    site_study,
)
from tests.benchmarks.coverage.sites import (
    BY_DATA,
    BY_PATIENTS,
    BY_SITES,
    GROUPS,
    LARGE,
    SITE_DEFAULT,
    STEPS,
    SiteCell,
    by_site,
    effective_sizes,
    mean_sizes,
    simulated_sites,
    site_cells,
    site_sizes,
)
from tests.benchmarks.coverage.tally import ABOVE_CLUSTERED, COVERAGE
from validation.intervals.proportions import clustered_proportion
from validation.metrics.auroc import auroc, placements

STUDIES = 4_000
AREA_STUDIES = 500
# Few sites and many, alike and of unequal sizes.
IN_CI = (
    SiteCell("20 to 60", 5, 0.1, 0.80),
    SiteCell(STEPS, 20, 0.1, 0.95),
    SiteCell(LARGE, 10, 0.1, 0.90),
    SiteCell("4", 20, 0.1, 0.80),
)
AREAS_IN_CI = (
    SiteAreaCell(ALL_SCORES, "20 to 60", 5, 0.1, 0.3, 0.85),
    SiteAreaCell(POSITIVES, STEPS, 10, 0.1, 0.3, 0.85),
)


@pytest.mark.parametrize("cell", IN_CI, ids=str)
def test_the_rule_meets_its_targets_against_theory(cell: SiteCell) -> None:
    tally = by_site(cell, studies=STUDIES, seed=[510, 1])[SITE_DEFAULT]
    assert tally.held >= binom.ppf(0.001, STUDIES, COVERAGE)
    assert tally.above <= binom.ppf(0.999, STUDIES, ABOVE_CLUSTERED)


def test_other_rules_do_not_meet_them_against_theory() -> None:
    large = by_site(SiteCell(LARGE, 5, 0.1, 0.80), studies=STUDIES, seed=[510, 1])
    for rule in (BY_SITES, BY_DATA):
        assert large[rule].held < binom.ppf(0.001, STUDIES, COVERAGE)


@pytest.mark.parametrize("cell", AREAS_IN_CI, ids=str)
def test_the_auroc_meets_its_targets_against_theory(cell: SiteAreaCell) -> None:
    tally = decided_area_by_site(cell, studies=AREA_STUDIES, seed=[510, 1])[SITE_AUROC]
    assert tally.held >= binom.ppf(0.001, AREA_STUDIES, COVERAGE)
    assert tally.above <= binom.ppf(0.999, AREA_STUDIES, ABOVE_CLUSTERED)


@pytest.mark.parametrize("per_site", [per_site for of_group in GROUPS.values() for per_site in of_group])
def test_the_rules_on_arrays_against_the_product(per_site: str) -> None:
    cell = SiteCell(per_site, 5, 0.1, 0.95)
    ((right, patients),) = simulated_sites(cell, 60, np.random.default_rng(1))
    patients = patients.copy()
    right[0], right[1] = 0, patients[1]
    patients[2], right[2] = 20, 18  # no variance between sites
    sizes = effective_sizes(right, patients)
    for study in range(60):
        for name, grouped in ((SITE_DEFAULT, True), (BY_PATIENTS, False)):
            expected = clustered_proportion(right[study], patients[study], LEVEL, grouped=grouped)
            assert sizes[name][study] == pytest.approx(expected.effective_trials)


@pytest.mark.parametrize("cell", IN_CI, ids=str)
def test_the_proportion_and_the_correlation_against_theory(cell: SiteCell) -> None:
    ((right, patients),) = simulated_sites(cell, 40_000 // cell.sites, np.random.default_rng(1))
    assert right.sum() / patients.sum() == pytest.approx(cell.truth, abs=0.005)
    assert patients.sum(axis=1).mean() == pytest.approx(cell.patients, rel=0.01)
    spread = cell.truth * (1 - cell.truth)
    pairs = (
        right * (right - 1) / (patients * (patients - 1))
    ).mean()  # of two patients of a site, both right
    assert (pairs - cell.truth**2) / spread == pytest.approx(cell.correlation, abs=0.02)


@pytest.mark.parametrize("shifted", [ALL_SCORES, POSITIVES])
@pytest.mark.parametrize("per_site", ["20 to 60", STEPS])
def test_the_area_is_the_mean_of_many_studies_against_theory(shifted: str, per_site: str) -> None:
    cell = SiteAreaCell(shifted, per_site, 5, 0.3, 0.3, 0.85)
    random = np.random.default_rng(1)
    areas = [auroc(placements(site_study(cell, random)[0])) for _ in range(1_500)]
    assert np.mean(areas) == pytest.approx(cell.truth, abs=3.5 * np.std(areas) / np.sqrt(len(areas)))
    if shifted == ALL_SCORES:
        assert cell.truth > cell.area + 0.005


def test_the_area_between_sites_alone_is_that_without_sites_against_theory() -> None:
    cell = SiteAreaCell(ALL_SCORES, "20 to 60", 400, 0.1, 0.3, 0.85)
    units, _ = site_study(cell, np.random.default_rng(1))
    assert auroc(placements(units)) == pytest.approx(0.85, abs=0.02)
    assert cell.within < 0.003


def test_an_interval_of_auroc_for_every_method_against_the_product() -> None:
    cell = SiteAreaCell(POSITIVES, STEPS, 5, 0.1, 0.3, 0.85)
    placed = placements(site_study(cell, np.random.default_rng(1))[0])
    assert placed.grouped
    for interval in AREA_INTERVALS.values():
        low, high = interval(placed) or (1.0, 0.0)
        assert 0 < low < auroc(placed) < high < 1
    assert (
        by_number_of_sites(placements(site_study(replace(cell, area=1 - 1e-12), np.random.default_rng(1))[0]))
        is None
    )
    assert set(area_by_site(cell, studies=3, seed=[510, 2])) == set(AREA_INTERVALS)


def test_a_study_with_too_few_sites_of_a_class_is_passed_over_by_hand() -> None:
    cell = SiteAreaCell(ALL_SCORES, STEPS, 5, 0.01, 0.1, 0.85)
    random, insufficient = np.random.default_rng(1), 0
    for _ in range(30):
        units, passed_over = site_study(cell, random)
        insufficient += passed_over
        assert units.group is not None
        for truth in (0, 1):
            assert len(np.unique(units.group[units.truth == truth])) == 5
    assert insufficient > 0


def test_sizes_of_sites_by_hand() -> None:
    random = np.random.default_rng(1)
    assert mean_sizes(STEPS, 5).tolist() == [12, 21, 38, 67, 120]
    assert site_sizes(LARGE, (2, 3), random).tolist() == [[200, 20, 20]] * 2
    drawn = site_sizes("2 to 20", (1_000, 5), random)
    assert (drawn.min(), drawn.max()) == (2, 20)
    assert SiteCell("2 to 20", 10, 0.1, 0.9).patients == 110


def test_every_kind_of_study_once_by_hand() -> None:
    proportions, areas = site_cells(), site_area_cells()
    assert (len(set(proportions)), len(set(areas))) == (len(proportions), len(areas)) == (252, 192)
    by_group = [sum(cell.per_site in of_group for cell in proportions) for of_group in GROUPS.values()]
    assert by_group == [144, 36, 72]
