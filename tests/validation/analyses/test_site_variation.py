"""The variance between sites: by hand, against a published meta-analysis, against theory; and sites as clusters."""

import math

import numpy as np
import pytest

from tests.validation.analyses.test_leave_one_out import of_site
from tests.validation.conftest import TABLES, Image, Judge
from tests.validation.samples import sample
from validation.analyses.site_variation import SiteEstimate, between_sites, pooled_variances, site_estimate
from validation.results.results import Results
from validation.results.secondary import SiteMetric, SiteVariation

# Log relative risks and variances of the 13 trials of BCG vaccine (Colditz et al. 1994, as dat.bcg of metafor).
BCG = [
    (-0.8893, 0.3256),
    (-1.5854, 0.1946),
    (-1.3481, 0.4154),
    (-1.4416, 0.0200),
    (-0.2175, 0.0512),
    (-0.7861, 0.0069),
    (-1.6209, 0.2230),
    (0.0120, 0.0040),
    (-0.4694, 0.0564),
    (-1.3713, 0.0730),
    (-0.3394, 0.0124),
    (0.4459, 0.5325),
    (-0.0173, 0.0714),
]


def variation(results: Results) -> SiteVariation:
    assert results.site_variation is not None
    return results.site_variation


def of(found: SiteVariation, metric: str) -> SiteMetric:
    return next(one for one in found.metrics if one.metric == metric)


def test_between_sites_by_hand() -> None:
    # Weights 100, 100, 100: mean 0.8, Q = 100 (0.01 + 0 + 0.01) = 2, so exactly k - 1.
    alike = between_sites([0.7, 0.8, 0.9], [0.01] * 3)
    assert (alike.variance, alike.i_squared) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))
    # Q = 100 (0.04 + 0 + 0.04) = 8: (8 - 2) / (300 - 100) = 0.03, and 6 / 8.
    apart = between_sites([0.6, 0.8, 1.0], [0.01] * 3)
    assert (apart.variance, apart.i_squared) == (pytest.approx(0.03), pytest.approx(0.75))


def test_between_sites_against_published() -> None:
    # metafor: rma(yi, vi, data=dat.bcg, method="DL") has tau^2 0.3088 and I^2 92.12 %, of unrounded inputs.
    found = between_sites(*zip(*BCG, strict=True))
    assert found.variance == pytest.approx(0.3088, abs=6e-4)
    assert found.i_squared == pytest.approx(0.9212, abs=6e-4)


def test_between_sites_against_theory() -> None:
    # 400 sites with known variances: the moment estimator is unbiased before it is cut at 0.
    random = np.random.default_rng(510)
    within = random.uniform(0.0005, 0.004, 400)
    values = 0.8 + random.normal(0, 0.05, 400) + random.normal(0, 1, 400) * np.sqrt(within)
    found = between_sites(values.tolist(), within.tolist())
    # Standard error of the variance about 0.0025 sqrt(2 / 400) (1 + 0.0018 / 0.0025); four of them.
    assert found.variance == pytest.approx(0.0025, abs=4 * 0.0025 * math.sqrt(2 / 400) * 1.8)


def test_variance_of_a_site_by_hand() -> None:
    # Patients with 2 of 2, 1 of 2 and 0 of 2 positives right: 1/2; residuals 1, 0, -1; 3/2 * 2 / 36.
    rows = [(0, 1, 0.9), (0, 1, 0.9), (1, 1, 0.9), (1, 1, 0.1), (2, 1, 0.1), (2, 1, 0.1)]
    found = site_estimate("sensitivity", sample(rows))
    assert found == SiteEstimate(0.5, pytest.approx(1 / 12), 1 / 6, 2)
    assert site_estimate("specificity", sample(rows)) is None
    assert site_estimate("auroc", sample(rows)) is None


def test_a_site_of_one_patient_has_no_variance_by_hand() -> None:
    rows = [(0, 1, 0.9), (0, 1, 0.1), (1, 0, 0.1)]
    assert site_estimate("sensitivity", sample(rows)) == SiteEstimate(0.5, 0.0, 0.5, 0)
    assert site_estimate("auroc", sample(rows)) == SiteEstimate(0.75, 0.0, 1.5, 0)


def test_f1_has_the_variance_of_its_index_by_hand() -> None:
    # TP 2, FN 2 of four patients: J = 1/2, variance 4/3 * 4 * (1/2)^2 / 16, slope 2 / 1.5^2.
    rows = [(0, 1, 0.9), (1, 1, 0.9), (2, 1, 0.1), (3, 1, 0.1)]
    found = site_estimate("f1", sample(rows))
    assert found == SiteEstimate(pytest.approx(2 / 3), pytest.approx(1 / 12 * (2 / 2.25) ** 2), 1 / 4, 3)


def test_variances_are_pooled_by_hand() -> None:
    # Variances of one unit 0.1 and 0.3 with 9 and 3 degrees: (0.9 + 0.9) / 12 = 0.15, also of a site without errors.
    sites = [SiteEstimate(0.8, 0.01, 0.1, 9), SiteEstimate(0.6, 0.06, 0.2, 3), SiteEstimate(1.0, 0.0, 0.5, 0)]
    assert pooled_variances(sites) == pytest.approx([0.015, 0.03, 0.075])
    assert pooled_variances(sites[2:]) == []


def test_sites_alike_mostly_show_no_variation_against_theory() -> None:
    # 20 sites of 2 to 14 patients, alike at 0.70: Q is below its 19 degrees of freedom in about 54 % of studies (in
    # 29 % with each site's own variance as weight). Five standard errors below that are left to chance.
    random, studies = np.random.default_rng(510), 1_000
    none = 0
    for _ in range(studies):
        patients = random.integers(2, 15, 20)
        p = random.binomial(patients, 0.7) / patients
        sites = [
            SiteEstimate(value, value * (1 - value) / (size - 1), 1 / size, size - 1)
            for value, size in zip(p.tolist(), patients.tolist(), strict=True)
        ]
        none += between_sites([one.value for one in sites], pooled_variances(sites)).variance == 0
    assert none / studies > 0.54 - 5 * math.sqrt(0.54 * 0.46 / studies)


def test_sites_as_clusters_by_hand(judge: Judge) -> None:
    images = [
        one
        for site, right in zip("ABCDEF", (10, 9, 8, 10, 5, 9), strict=True)
        for one in of_site(site, right)
    ]
    found = variation(judge([*images, *of_site("", 3)]))
    assert (found.sites, found.images, found.patients, found.images_without_site) == (6, 120, 120, 20)
    row = of(found, "sensitivity")
    assert row.value == pytest.approx(51 / 60)
    assert (row.sites, row.note, row.variance_note) == (6, None, None)
    assert row.between_site_sd == pytest.approx(math.sqrt(row.between_site_variance or 0), abs=1e-7)
    # The interval is the deciding one of the same images with bootstrap.cluster = "site".
    by_site = judge(images, TABLES.replace("[bootstrap]", '[bootstrap]\ncluster = "site"'))
    assert row.interval == by_site.estimate("sensitivity").decision
    assert of(variation(by_site), "sensitivity") == row


def test_under_five_sites_there_is_a_variance_but_no_interval_by_hand(judge: Judge) -> None:
    row = of(variation(judge([*of_site("A", 10), *of_site("B", 2)])), "sensitivity")
    assert (row.interval, row.note, row.sites) == (None, "2 clusters, 5 needed", 2)
    # 10 of 10: no variance; 2 of 10: 10/9 * 1.6 / 100. Pooled with nine degrees each: half of the second for both.
    wanted = between_sites([1.0, 0.2], [0.08 / 9] * 2)
    assert row.between_site_variance == pytest.approx(wanted.variance, abs=1e-9)


def test_without_any_variance_within_sites_there_is_none_by_hand(judge: Judge) -> None:
    row = of(variation(judge([*of_site("A", 10), *of_site("B", 10)])), "sensitivity")
    assert (row.between_site_sd, row.variance_note) == (None, "not estimable: no variance within sites")


def test_one_class_at_a_single_site_has_no_variance_by_hand(judge: Judge) -> None:
    images = [*of_site("A", 9), *(Image(f"x{k}", "NNN", 0.2, further={"site": "B"}) for k in range(9))]
    found = variation(judge(images))
    row = of(found, "sensitivity")
    assert (row.sites, row.between_site_variance) == (1, None)
    assert row.variance_note == "not estimable: fewer than two sites have an estimate"


def test_a_patient_at_two_sites_is_no_cluster_by_hand(judge: Judge) -> None:
    images = [*of_site("A", 9), *of_site("B", 9), Image("Ap0", "PPP", 0.9, further={"site": "B"})]
    found = variation(judge(images))
    assert (found.metrics, found.note) == ((), "1 patient with images at two sites or more")


def test_without_two_known_sites_there_is_none(judge: Judge) -> None:
    assert judge(of_site("A", 9)).site_variation is None
    assert judge(of_site("", 9)).site_variation is None
