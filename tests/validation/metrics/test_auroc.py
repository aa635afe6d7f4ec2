"""AUROC against scikit-learn, pROC's published values, brute force and itself."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from tests.validation.rankings import CLUSTERED, both_classes, units
from validation.cohort.outcomes import Units
from validation.metrics.auroc import (
    Placements,
    auroc,
    auroc_jackknife,
    auroc_variance,
    delong_clustered,
    placements,
    wilson_patients,
)

# pROC 1.18 on its data set aSAH: marker, AUC, variance, 95 % interval (DeLong).
PUBLISHED = [
    ("s100b", 0.73136856, 0.00266868245717244, (0.6301182, 0.8326189)),
    ("wfns", 0.82367886, 0.00146991470882363, (0.7485349, 0.8988229)),
    ("ndka", 0.611957994579946, 0.0031908105493913, (0.501244999271703, 0.722670989888189)),
]


# The same of ndka in females alone: lower bound, AUC, upper bound.
NDKA_OF_FEMALES = (0.5261398281, 0.6671428571, 0.8081458862)


def asah(shared_data: Path, marker: str, *, gender: Sequence[str] = ("Female", "Male")) -> Placements:
    with (shared_data / "known" / "aSAH.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["gender"] in gender]
    truth = [int(row["outcome"] == "Poor") for row in rows]
    return placements(units(range(len(rows)), truth, [float(row[marker]) for row in rows]))


@pytest.mark.parametrize(("marker", "area", "variance", "interval"), PUBLISHED)
def test_ordinary_delong_against_published(
    shared_data: Path, marker: str, area: float, variance: float, interval: tuple[float, float]
) -> None:
    placed = asah(shared_data, marker)
    assert auroc(placed) == pytest.approx(area, abs=1e-8)
    assert auroc_variance(placed) == pytest.approx(variance, rel=1e-10)
    assert delong_clustered(placed, 0.95) == pytest.approx(interval, abs=1e-7)


def test_ordinary_delong_of_a_subgroup_against_published(shared_data: Path) -> None:
    low, area, high = NDKA_OF_FEMALES
    placed = asah(shared_data, "ndka", gender=["Female"])
    assert auroc(placed) == pytest.approx(area, abs=1e-10)
    assert delong_clustered(placed, 0.95) == pytest.approx((low, high), abs=1e-9)


@given(CLUSTERED.filter(both_classes))
def test_value_against_sklearn(ranked: Units) -> None:
    assert auroc(placements(ranked)) == pytest.approx(roc_auc_score(ranked.truth, ranked.score))


@given(CLUSTERED.filter(both_classes))
def test_jackknife_against_sklearn(ranked: Units) -> None:
    expected = []
    for patient in np.unique(ranked.patient):
        rest = ranked.patient != patient
        mixed = 0 < ranked.truth[rest].sum() < rest.sum()
        expected.append(roc_auc_score(ranked.truth[rest], ranked.score[rest]) if mixed else np.nan)
    assert auroc_jackknife(ranked, placements(ranked)) == pytest.approx(np.array(expected), nan_ok=True)


@given(CLUSTERED.filter(both_classes))
def test_inverted_scores_mirror_the_area_against_itself(ranked: Units) -> None:
    inverted = Units(ranked.patient, ranked.truth, 1 - ranked.score, ranked.called)
    assert auroc(placements(inverted)) == pytest.approx(1 - auroc(placements(ranked)))


def test_clustering_widens_the_variance_against_itself() -> None:
    generator = np.random.default_rng(3)
    truth = np.repeat(generator.integers(0, 2, 60), 4)
    score = np.repeat(generator.normal(size=60), 4) + truth
    alone = placements(units(list(range(240)), truth.tolist(), score.tolist()))
    clustered = placements(units(np.repeat(np.arange(60), 4).tolist(), truth.tolist(), score.tolist()))
    ordinary, wider = auroc_variance(alone), auroc_variance(clustered)
    assert ordinary is not None
    assert wider is not None
    assert wider == pytest.approx(4 * ordinary, rel=0.05)


@given(CLUSTERED.filter(both_classes), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_holds_the_area_and_stays_inside_against_itself(ranked: Units, level: float) -> None:
    placed = placements(ranked)
    interval = delong_clustered(placed, level)
    if interval is not None:
        assert 0 <= interval[0] < auroc(placed) < interval[1] <= 1


NEAR_ONE = placements(units(range(8), [0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.2, 0.3, 0.5, 0.4, 0.7, 0.8, 0.9]))


def test_near_one_the_interval_is_of_the_logit_by_hand() -> None:
    variance = auroc_variance(NEAR_ONE)
    assert variance is not None
    half = 1.959963985 * math.sqrt(variance) / (15 / 16 * 1 / 16)
    expected = expit(logit(15 / 16) - half), expit(logit(15 / 16) + half)
    assert delong_clustered(NEAR_ONE, 0.95) == pytest.approx(expected, abs=1e-9)


def test_near_one_more_confidence_is_wider_and_never_reaches_one_against_itself() -> None:
    intervals = [delong_clustered(NEAR_ONE, level) for level in (0.9, 0.95, 0.99, 0.999)]
    lows, highs = zip(*(interval for interval in intervals if interval), strict=True)
    assert len(lows) == 4
    assert list(lows) == sorted(lows, reverse=True)
    assert list(highs) == sorted(highs)
    assert lows[-1] > 0 and highs[-1] < 1


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        (1.0, (10 / (10 + 3.841458821), 1.0)),
        (0.0, (0.0, 3.841458821 / (10 + 3.841458821))),
        (0.5, None),  # only at the boundary
    ],
)
def test_wilson_patients_by_hand(area: float, expected: tuple[float, float] | None) -> None:
    interval = wilson_patients(area, 10, 0.95)
    assert interval == (expected if expected is None else pytest.approx(expected))
