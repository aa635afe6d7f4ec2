"""The tables of docs/evidence/chexpert.md: that other libraries find the same numbers in the same files."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score, precision_score, recall_score
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

from protocols.cohorts.sources.chexpert import READERS
from tests.benchmarks.chexpert import FINDINGS, Decisions, confusion, decisions, performance


@pytest.fixture(scope="module")
def labels(shared_data: Path) -> Path:
    """The folder of the CheXpert test set."""
    return shared_data / "chexpert-test"


def column(file: Path, finding: str) -> "pd.Series[int]":
    return pd.read_csv(file, index_col="Study")[finding].sort_index()


def test_the_models_say_nothing_of_lung_opacity_by_hand(labels: Path) -> None:
    assert [len(decisions(labels, finding)) for finding in FINDINGS] == [11, 11, 3]


def compare_with_sklearn(labels: Path, finding: str, files: Sequence[Decisions], folder: Path) -> None:
    truth = column(labels / "groundtruth.csv", finding)
    for (name, results), one in zip(performance(labels, finding, folder, files), files, strict=True):
        called = column(one.file, finding)
        expected = {
            "sensitivity": recall_score(truth, called),
            "specificity": recall_score(truth, called, pos_label=0),
            "f1": f1_score(truth, called),
            "ppv": precision_score(truth, called),
        }
        assert name == one.name
        for metric, value in expected.items():
            assert results.estimate(metric).value == pytest.approx(value, abs=1e-9)
        c = confusion(results)
        for metric, x, n in (
            ("sensitivity", c["tp"], c["tp"] + c["fn"]),
            ("specificity", c["tn"], c["tn"] + c["fp"]),
        ):
            exact = binomtest(x, n).proportion_ci(0.95, method="exact")
            assert results.estimate(metric).decision == pytest.approx((exact.low, exact.high), abs=1e-9)
        jaccard = binomtest(c["tp"], c["tp"] + c["fp"] + c["fn"]).proportion_ci(0.95, method="exact")
        mapped = [2 * bound / (1 + bound) for bound in (jaccard.low, jaccard.high)]
        assert results.estimate("f1").decision == pytest.approx(mapped, abs=1e-9)
        assert results.verdict == "none"


def test_a_model_and_a_radiologist_against_sklearn(labels: Path, tmp_path: Path) -> None:
    files = [one for one in decisions(labels, "Edema") if one.name in ("jfaboy", "radiologist bc8")]
    compare_with_sklearn(labels, "Edema", files, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("finding", FINDINGS)
def test_every_file_against_sklearn(labels: Path, tmp_path: Path, finding: str) -> None:
    compare_with_sklearn(labels, finding, decisions(labels, finding), tmp_path)


@pytest.mark.parametrize("finding", FINDINGS)
def test_the_agreement_against_statsmodels(labels: Path, tmp_path: Path, finding: str) -> None:
    files = [labels / "radiologists" / "groundtruth" / f"{reader}_gt.csv" for reader in READERS]
    calls = pd.concat([column(file, finding) for file in files], axis=1).to_numpy()
    ((_, results),) = performance(labels, finding, tmp_path, decisions(labels, finding)[-1:])
    found = results.agreement
    assert found.fleiss_kappa.value == pytest.approx(fleiss_kappa(aggregate_raters(calls)[0]), abs=1e-9)
    assert (found.images, found.patients, len(found.pairs)) == (500, 500, 10)
