"""Three real studies: what `validate` reports of them, and R on the published tables, joined here by hand.

Nothing of a study is kept. The suite's numbers are those of results.json as far as it has them, so that reading,
joining and counting are compared as well; the others come from `suite`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from protocols.progress import silent
from protocols.schema.load import load_protocol
from tests.benchmarks import chexpert, consensus
from tests.benchmarks.studies import real_study
from tests.validation.against_r.comparisons import PROPORTIONS
from tests.validation.against_r.made_studies import Images
from tests.validation.against_r.suite import bounds, ours
from validation.results.results import Results
from validation.run import validate

MODEL = "jfaboy"  # a model whose probabilities of consolidation lie within [0, 1]


@dataclass(frozen=True)
class RealStudy:
    """A study as the suite ran it, and as R reads it."""

    name: str
    results: Results
    images: Images

    def ours(self) -> Mapping[str, float | None]:
        """Return the suite's numbers, of results.json where it has them."""
        return {**ours(self.images), **reported(self.results)}


def real_studies(data: Path, folder: Path) -> Iterator[RealStudy]:
    """Run each study; ``folder`` exists and takes their tables."""
    for make in (_chexnet_rsna, _chexnet_consensus, _chexpert):
        into = folder / make.__name__
        into.mkdir()
        yield make(data, into)


def _joined(folder: Path, scores: "pd.Series[float]", threshold: float) -> Images:
    """Join the cohort's tables, of one reader, with scores by image."""
    studies, reads = (pd.read_csv(folder / f"{name}.csv", dtype=str) for name in ("studies", "reads"))
    rows = studies.merge(reads, on="image_id", validate="one_to_one")
    return _images(rows["patient_id"], rows["verdict"] == "positive", rows["image_id"].map(scores), threshold)


def _images(
    patient: "pd.Series[str]", truth: "pd.Series[bool]", score: "pd.Series[float]", threshold: float
) -> Images:
    return Images(
        pd.factorize(patient)[0].tolist(),
        truth.astype(int).tolist(),
        score.astype(float).tolist(),
        (score >= threshold).astype(int).tolist(),
    )


def _scores_of_chexnet(data: Path, output: str) -> "pd.Series[float]":
    table = pd.read_csv(data / "chexnet" / "preds.csv.gz", index_col="Image Index")
    return table[output]


def _chexnet_rsna(data: Path, folder: Path) -> RealStudy:
    study = real_study(data, folder)
    results = validate(load_protocol(study.protocol), study.files, silent).results
    images = _joined(folder, _scores_of_chexnet(data, "prob_Pneumonia"), results.operating_point.threshold)
    return RealStudy("published CheXNet, RSNA's reads", results, images)


def _chexnet_consensus(data: Path, folder: Path) -> RealStudy:
    results = consensus.study(data, folder)
    images = _joined(
        folder, _scores_of_chexnet(data, "prob_Consolidation"), results.operating_point.threshold
    )
    return RealStudy("published CheXNet, consensus", results, images)


def _chexpert(data: Path, folder: Path) -> RealStudy:
    files = data / "chexpert-test"
    scores = files / "example_models" / "predictions" / "standard" / f"{MODEL}_predictions.csv"
    of_model = [chexpert.Decisions(MODEL, scores)]
    ((_, results),) = chexpert.performance(files, "Consolidation", folder, of_model)
    truth = pd.read_csv(files / "groundtruth.csv", index_col="Study")["Consolidation"] == 1
    score = pd.read_csv(scores, index_col="Study")["Consolidation"].reindex(truth.index)
    patient = truth.index.to_series().str.extract(r"(patient\d+)/")[0]
    return RealStudy("CheXpert, consolidation, a model", results, _images(patient, truth, score, 0.5))


def reported(results: Results) -> Mapping[str, float | None]:
    """Return what results.json says of the quantities of `comparisons`."""
    found: dict[str, float | None] = {}
    for metric in PROPORTIONS:
        estimate = results.estimate(metric)
        found |= {metric: estimate.value, f"{metric}, design effect": estimate.design_effect}
        for interval in ("clopper_pearson", "korn_graubard"):
            found |= bounds(f"{metric}, {interval}", estimate.intervals[interval])
    auroc = results.estimate("auroc")
    found["auroc"] = auroc.value
    for interval in ("delong_clustered", "delong_student"):
        found |= bounds(interval, auroc.intervals[interval])
    fits = results.calibration
    for quantity, fit in (
        ("in the large", fits.in_the_large),
        ("intercept", fits.intercept),
        ("slope", fits.slope),
    ):
        found |= {quantity: fit.value} | bounds(quantity, fit.interval)
    return found
