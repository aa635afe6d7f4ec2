"""AUROC against scikit-learn, pROC's published values, brute force and itself."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from validation.auroc import (
    auroc,
    auroc_jackknife,
    auroc_replicates,
    auroc_variance,
    delong_clustered,
    placements,
    score_groups,
    wilson_patients,
)
from validation.outcomes import Units

# pROC 1.18 on its data set aSAH: marker, AUC, variance, 95 % interval (DeLong).
PUBLISHED = [
    ("s100b", 0.73136856, 0.00266868245717244, (0.6301182, 0.8326189)),
    ("wfns", 0.82367886, 0.00146991470882363, (0.7485349, 0.8988229)),
    ("ndka", 0.611957994579946, 0.0031908105493913, (0.501244999271703, 0.722670989888189)),
]


def units(patient: list[int], truth: list[int], score: list[float]) -> Units:
    return Units(
        np.array(patient, dtype=np.intp),
        np.array(truth, dtype=np.int8),
        np.array(score, dtype=np.float64),
        np.zeros(len(patient), dtype=np.bool_),
    )


CLUSTERED = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 1), st.sampled_from([0.1, 0.2, 0.2, 0.5, 0.9])),
    min_size=2,
    max_size=25,
).map(lambda rows: units(*map(list, zip(*rows, strict=True))))  # type: ignore[arg-type]


def both_classes(ranked: Units) -> bool:
    return 0 < ranked.truth.sum() < len(ranked.truth)


@pytest.mark.parametrize(("marker", "area", "variance", "interval"), PUBLISHED)
def test_ordinary_delong_against_published(
    shared_data: Path, marker: str, area: float, variance: float, interval: tuple[float, float]
) -> None:
    with (shared_data / "known" / "aSAH.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    truth = [int(row["outcome"] == "Poor") for row in rows]
    placed = placements(units(list(range(len(rows))), truth, [float(row[marker]) for row in rows]))
    assert auroc(placed) == pytest.approx(area, abs=1e-8)
    assert auroc_variance(placed) == pytest.approx(variance, rel=1e-10)
    assert delong_clustered(placed, 0.95) == pytest.approx(interval, abs=1e-7)


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


@given(CLUSTERED.filter(both_classes), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_replicate_against_sklearn(ranked: Units, drawn: list[int]) -> None:
    weights = np.array(drawn, dtype=np.float64)[:, None]
    here = auroc_replicates(score_groups(ranked), weights)[0]
    weight = weights[ranked.patient, 0]
    mixed = weight[ranked.truth == 1].sum() > 0 and weight[ranked.truth == 0].sum() > 0
    expected = roc_auc_score(ranked.truth, ranked.score, sample_weight=weight) if mixed else np.nan
    assert here == pytest.approx(expected, nan_ok=True)


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


def test_near_one_the_interval_stays_inside_by_hand() -> None:
    ranked = units(list(range(8)), [0, 0, 0, 0, 1, 1, 1, 1], [0.1, 0.2, 0.3, 0.5, 0.4, 0.7, 0.8, 0.9])
    interval = delong_clustered(placements(ranked), 0.95)
    assert interval is not None
    assert 0 < interval[0] < 15 / 16 < interval[1] < 1


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
