"""The part of the coverage certificate on AUROC: its candidates, its truths, four of its cells."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, chi2

from tests.benchmarks.coverage.auroc_candidates import (
    AUROC_DEFAULT,
    AUROC_FORMER,
    CLOSED,
    RESAMPLED,
    bootstrap_t,
    bounds_of,
    closed_auroc,
    default_auroc,
    empirical_likelihood,
    replicates,
    resampled_auroc,
    studied,
)
from tests.benchmarks.coverage.auroc_designs import (
    BY_PATIENT,
    FEWEST,
    FIXED,
    HARDER,
    LARGEST,
    SEVERAL,
    TIES,
    UNSEEN,
    AurocCell,
    auroc_cells,
    decided_study,
)
from tests.benchmarks.coverage.candidates import LEVEL
from tests.benchmarks.coverage.tally import ABOVE_CLUSTERED, ABOVE_ORDINARY, COVERAGE
from validation.intervals.distributions import student_quantile
from validation.intervals.effective_size import effective_patients, units_by_patient
from validation.metrics.auroc import auroc, auroc_variance, placements
from validation.metrics.auroc_interval import delong_newcombe

STUDIES = 1_000
# Where the interval that decides comes closest to its targets.
IN_CI = (
    AurocCell(HARDER, 90, "skewed", 0.3, 0.4, 0.92, harder=0.5),
    AurocCell(HARDER, 150, "skewed", 0.3, 0.4, 0.92, harder=0.5),
    AurocCell(HARDER, 300, "skewed", 0.3, 0.4, 0.92, harder=0.5),
    AurocCell(FIXED, 500, "1", 0.1, 0.0, 0.75),
)
EVERY_KIND = (
    AurocCell(FIXED, 100_000, "1", 0.3, 0.0, 0.85),
    AurocCell(SEVERAL, 50_000, "1 to 8", 0.3, 0.6, 0.85),
    AurocCell(HARDER, 50_000, "skewed", 0.3, 0.4, 0.92, harder=0.5),
    AurocCell(BY_PATIENT, 50_000, "skewed", 0.3, 0.4, 0.85),
    AurocCell(LARGEST, 50_000, "2", 0.3, 0.4, 0.85),
    AurocCell(TIES, 100_000, "1", 0.2, 0.0, 0.96),
    AurocCell(UNSEEN, 100_000, "1", 0.3, 0.0, 0.99, unseen=0.1),
)


@pytest.mark.parametrize("cell", IN_CI, ids=str)
def test_the_default_meets_its_targets_against_theory(cell: AurocCell) -> None:
    tally = default_auroc(cell, studies=STUDIES, seed=[510, 1])[AUROC_DEFAULT]
    assert tally.held >= binom.ppf(0.001, STUDIES, COVERAGE)
    assert tally.above <= binom.ppf(0.999, STUDIES, ABOVE_CLUSTERED if cell.clustered else ABOVE_ORDINARY)


def test_the_former_default_did_not_meet_them_against_theory() -> None:
    tally = closed_auroc(IN_CI[0], studies=STUDIES, seed=[510, 1])[AUROC_FORMER]
    assert tally.above > binom.ppf(0.999, STUDIES, ABOVE_CLUSTERED)


@pytest.mark.parametrize("cell", EVERY_KIND, ids=lambda cell: cell.group)
def test_the_truth_is_that_of_a_large_study_against_theory(cell: AurocCell) -> None:
    units, _ = decided_study(cell, np.random.default_rng(1))
    assert auroc(placements(units)) == pytest.approx(cell.truth, abs=0.006)


@pytest.mark.parametrize("cell", [EVERY_KIND[1], EVERY_KIND[4]], ids=lambda cell: cell.group)
def test_the_proportion_of_pairs_within_patients_against_theory(cell: AurocCell) -> None:
    few, random = replace(cell, patients=500), np.random.default_rng(1)
    within = []
    for _ in range(200):
        units, _ = decided_study(few, random)
        positive = np.bincount(units.patient[units.truth == 1], minlength=500)
        negative = np.bincount(units.patient[units.truth == 0], minlength=500)
        within.append((positive * negative).sum() / (positive.sum() * negative.sum()))
    assert np.mean(within) == pytest.approx(few.within, rel=0.1)


def test_a_study_with_too_few_patients_is_passed_over_by_hand() -> None:
    cell = AurocCell(SEVERAL, 60, "skewed", 0.3, 0.8, 0.85)
    random, insufficient = np.random.default_rng(1), 0
    for _ in range(50):
        units, passed_over = decided_study(cell, random)
        insufficient += passed_over
        for truth in (0, 1):
            assert effective_patients(units_by_patient(units.patient[units.truth == truth])) >= FEWEST
    assert insufficient > 0


def test_no_two_cells_are_alike_and_all_are_decided_often_against_theory() -> None:
    cells, random = auroc_cells(), np.random.default_rng(1)
    assert len(set(cells)) == len(cells)
    for cell in cells:
        if cell.area in (0.75, 0.85, 0.92) and cell.patients <= 500:
            assert sum(decided_study(cell, random)[1] for _ in range(5)) < 100


@pytest.mark.parametrize("cell", [EVERY_KIND[0], EVERY_KIND[2]], ids=lambda cell: cell.group)
def test_candidates_against_the_product(cell: AurocCell) -> None:
    units, _ = decided_study(replace(cell, patients=120), np.random.default_rng(2))
    study = studied(units)
    bounds = dict(zip(CLOSED, bounds_of(study, CLOSED.values()), strict=True))
    assert bounds[AUROC_DEFAULT] == delong_newcombe(placements(units), LEVEL)
    alone = bounds[AUROC_FORMER], bounds["newcombe"]
    union = min(low for low, _ in alone), max(high for _, high in alone)
    if cell.clustered:  # patients' sizes are in the variance besides
        low, high = bounds[AUROC_DEFAULT]
        assert low <= union[0] < union[1] <= high
        assert high - low > union[1] - union[0]
    else:
        assert bounds[AUROC_DEFAULT] == pytest.approx(union)
        for name in ("union_on_patients", "union_on_design_effects"):
            assert bounds[name] == pytest.approx(bounds[AUROC_DEFAULT])


def test_the_bootstraps_variance_against_the_product() -> None:
    units, _ = decided_study(replace(EVERY_KIND[1], patients=80), np.random.default_rng(2))
    weights = np.random.default_rng(3).multinomial(80, np.full(80, 1 / 80), size=3).T.astype(np.float64)
    areas, variances = replicates(units, weights)
    for number, weight in enumerate(weights.T.astype(int)):
        copies = np.repeat(np.arange(80), weight)
        rows = [np.flatnonzero(units.patient == patient) for patient in copies]
        resampled = replace(
            units.at(np.concatenate(rows)),
            patient=np.repeat(np.arange(len(copies)), [len(row) for row in rows]),
        )
        placed = placements(resampled)
        assert areas[number] == pytest.approx(auroc(placed))
        assert variances[number] == pytest.approx(auroc_variance(placed))


def test_empirical_likelihood_at_its_bounds_against_theory() -> None:
    """At a bound the likelihood ratio is the threshold: with lambda from its own equation, not from ours."""
    units, _ = decided_study(AurocCell(FIXED, 100, "1", 0.2, 0.0, 0.85), np.random.default_rng(4))
    study = studied(units)
    bounds = empirical_likelihood(study)
    assert bounds is not None
    jackknife = np.array([auroc(placements(units.at(units.patient != patient))) for patient in range(100)])
    values = 100 * study.area - 99 * jackknife
    for bound in bounds:
        apart = values - bound
        low, high = -1 / apart.max(), -1 / apart.min()
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if (apart / (1 + middle * apart)).sum() > 0 else (low, middle)
        ratio = 2 * np.log1p(middle * apart).sum()
        assert ratio == pytest.approx(student_quantile(LEVEL, 19) ** 2, rel=1e-3)
        assert ratio > chi2.ppf(LEVEL, 1)


def test_the_bootstrap_t_holds_the_area_against_itself() -> None:
    units, _ = decided_study(replace(EVERY_KIND[1], patients=100), np.random.default_rng(5))
    study = studied(units)
    bounds = bootstrap_t(study, np.random.default_rng(1))
    assert bounds is not None
    assert 0 < bounds[0] < study.area < bounds[1] < 1
    tallies = resampled_auroc(replace(EVERY_KIND[1], patients=100), studies=5, seed=[510, 2])
    assert set(tallies) == {RESAMPLED, AUROC_FORMER, AUROC_DEFAULT}
