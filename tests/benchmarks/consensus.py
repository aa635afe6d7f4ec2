"""The consensus study: how its score and threshold were chosen, and what the device comes to against the readers.

``python -m tests.benchmarks.consensus`` prints the Markdown tables of docs/evidence/consensus.md. The choice sees
RSNA's reads of patients of whom no image is in the adjudicated labels; the study is a run of `validate` by the
library's protocol.
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score, roc_curve

from protocols.cohorts.cohort import READS, STUDIES, write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.google import google
from protocols.progress import silent
from protocols.schema.load import library_protocol
from tests.benchmarks.studies import real_study
from validation.cohort.inputs import InputFiles
from validation.results.results import Results
from validation.run import validate

DATA = Path(__file__).parents[3] / "shared" / "data"
PROTOCOL = "chexnet-nih-consensus"
OUTPUTS = ("prob_Consolidation", "prob_Infiltration", "prob_Pneumonia")
SUBGROUPS = ("overall", "age_years", "sex", "view")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One output of the device on the images that choose, and its cut-off of the largest Youden index."""

    output: str
    images: int
    patients: int
    positives: int
    auroc: float
    threshold: float
    sensitivity: float
    specificity: float


def candidates(data: Path, folder: Path) -> Iterator[Candidate]:
    """Measure each output on RSNA's reads of the other patients; ``folder`` exists."""
    files = real_study(data, folder).files
    chosen = pd.read_csv(files.studies, dtype=str).merge(pd.read_csv(files.reads, dtype=str), on="image_id")
    labelled = pd.read_csv(data / "google" / "four_findings_val.csv.gz", usecols=["Patient ID"], dtype=str)
    chosen = chosen[~chosen["patient_id"].isin(set(labelled["Patient ID"]))]
    chosen = chosen.merge(pd.read_csv(files.predictions), left_on="image_id", right_on="Image Index")
    truth = chosen["verdict"] == "positive"
    for output in OUTPUTS:
        false_positive, sensitivity, cut = roc_curve(truth, chosen[output], drop_intermediate=False)
        best = int(np.argmax(sensitivity - false_positive))
        yield Candidate(
            output,
            len(chosen),
            chosen["patient_id"].nunique(),
            int(truth.sum()),
            float(roc_auc_score(truth, chosen[output])),
            float(cut[best]),
            float(sensitivity[best]),
            float(1 - false_positive[best]),
        )


def study(data: Path, folder: Path) -> Results:
    """Run the study; ``folder`` exists and takes the cohort's tables."""
    scores = data / "chexnet" / "preds.csv.gz"
    cohort = google(
        data / "google" / "four_findings_val.csv.gz",
        CohortRequest(out=folder, within=scores),
        finding="Airspace opacity",
        metadata=data / "nih" / "Data_Entry_2017_v2020.csv.gz",
    )
    write_cohort(cohort, folder)
    files = InputFiles(folder / STUDIES, folder / READS, scores)
    return validate(library_protocol(PROTOCOL), files, silent).results


def choice_rows(data: Path, folder: Path) -> Iterator[str]:
    """A row of the table of outputs for each."""
    for one in candidates(data, folder):
        name = one.output.removeprefix("prob_").lower()
        shown = (one.auroc, one.threshold, one.sensitivity, one.specificity)
        yield f"| {name} | {' | '.join(f'{number:.3f}' for number in shown)} |"


def study_rows(results: Results) -> Iterator[str]:
    """A row of the table of results for all images and for each subgroup."""
    for estimate in results.estimates:
        axis, level = estimate.subgroup.axis, estimate.subgroup.level
        if estimate.metric != "sensitivity" or axis not in SUBGROUPS:
            continue
        cells = [_proportion(results, metric, axis, level) for metric in ("sensitivity", "specificity")]
        auroc = results.estimate("auroc", axis, level)
        small = "insufficient" if estimate.status == "insufficient" else ""
        name = "all" if axis == "overall" else f"{axis} {level}"
        counts = f"{estimate.images} of {estimate.patients}"
        yield f"| {name} | {counts} | {' | '.join(cells)} | {_value(auroc.value, auroc.decision)} | {small} |"


def _proportion(results: Results, metric: str, axis: str, level: str) -> str:
    estimate = results.estimate(metric, axis, level)
    return f"{estimate.numerator}/{estimate.denominator} = {_value(estimate.value, estimate.decision)}"


def _value(value: float | None, interval: tuple[float, float] | None) -> str:
    assert value is not None
    assert interval is not None
    return f"{value:.3f} ({interval[0]:.3f}–{interval[1]:.3f})"


def main() -> None:
    """Print the tables."""
    if not DATA.is_dir():
        sys.exit("needs ../shared/data, which is not beside this checkout")
    with tempfile.TemporaryDirectory() as folder:
        print("| output | AUROC | threshold | sensitivity | specificity |\n|---|---|---|---|---|")
        print("\n".join(choice_rows(DATA, Path(folder))))
    with tempfile.TemporaryDirectory() as folder:
        print("\n| group | images of patients | sensitivity | specificity | AUROC | |")
        print(f"{'|---' * 6}|")
        print("\n".join(study_rows(study(DATA, Path(folder)))))


if __name__ == "__main__":
    main()
