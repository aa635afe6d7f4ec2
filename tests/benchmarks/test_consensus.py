"""The consensus study: its protocol holds what was chosen beforehand, docs/evidence/consensus.md its numbers."""

from pathlib import Path

import pandas as pd
import pytest

from protocols.schema.load import library_protocol
from tests.benchmarks.consensus import PROTOCOL, candidates, choice_rows, study, study_rows
from validation.results.results import Results

PAGE = (
    (Path(__file__).parents[2] / "docs" / "evidence" / "consensus.md")
    .read_text(encoding="utf-8")
    .splitlines()
)


@pytest.fixture(scope="module")
def results(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return study(shared_data, tmp_path_factory.mktemp("consensus"))


def test_score_and_threshold_are_those_of_other_patients_reads_against_sklearn(
    shared_data: Path, tmp_path: Path
) -> None:
    best = max(candidates(shared_data, tmp_path), key=lambda one: one.auroc)
    chosen = library_protocol(PROTOCOL).protocol
    assert best.output == chosen.columns.predictions["score"]
    assert round(best.threshold, 3) == chosen.operating_point.threshold
    assert (best.images, best.patients, best.positives) == (4970, 2219, 1018)


def test_the_page_holds_the_choice_against_itself(shared_data: Path, tmp_path: Path) -> None:
    assert [row for row in choice_rows(shared_data, tmp_path) if row not in PAGE] == []


def test_the_page_holds_the_results_against_itself(results: Results) -> None:
    assert [row for row in study_rows(results) if row not in PAGE] == []


@pytest.mark.parametrize("view", ["AP", "PA"])
def test_the_counts_against_pandas(results: Results, shared_data: Path, view: str) -> None:
    labels = pd.read_csv(shared_data / "google" / "four_findings_val.csv.gz")
    scored = labels.merge(pd.read_csv(shared_data / "chexnet" / "preds.csv.gz"), on="Image Index")
    of_view = scored[scored["View Position"] == view]
    positive, called = of_view["Airspace opacity"] == "YES", of_view["prob_Consolidation"] >= 0.036
    sensitivity, specificity = (
        results.estimate(metric, "view", view) for metric in ("sensitivity", "specificity")
    )
    assert (sensitivity.numerator, sensitivity.denominator) == ((positive & called).sum(), positive.sum())
    assert (specificity.numerator, specificity.denominator) == (
        (~positive & ~called).sum(),
        (~positive).sum(),
    )


def test_the_verdict_against_itself(results: Results) -> None:
    verdicts = {one.id: one.verdict for one in results.criteria if one.role == "acceptance"}
    assert (verdicts, results.verdict) == ({"SE": "not_met", "SP": "met"}, "fail")
