"""The studies that the benchmark measures: the published CheXNet on real images, and synthetic ones of any size.

Owns files on disk alone, so that every method, and the command line, begins with the same tables.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import protocols
from protocols.cohorts.cohort import READS, STUDIES, write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.rsna import rsna
from protocols.storage.canonical import csv_text, write_text
from validation.cohort.inputs import InputFiles

FEW_HAVE_MANY = 0.22  # shape of the gamma weights; with NIH's mean, 57 % have one image as in ChestX-ray14
PROTOCOL = """
schema = "cxr510k-protocol/1"
id = "synthetic"
version = 1
title = "A synthetic study"
[claim]
type = "triage"
finding = "airspace opacity suspicious for pneumonia"
[reference_standard]
kind = "single_reader"
rule = "majority"
[operating_point]
threshold = 0.5
source = "stated for the benchmark"
[[subgroups]]
axis = "age_years"
cut_points = [18, 45, 65]
[[subgroups]]
axis = "sex"
[[subgroups]]
axis = "view"
[[subgroups]]
axis = ["sex", "view"]
[bootstrap]
replicates = {replicates}
"""


@dataclass(frozen=True, slots=True)
class Study:
    """The files of one study and what to call it."""

    title: str
    protocol: Path
    files: InputFiles


def real_study(data: Path, folder: Path) -> Study:
    """The published CheXNet's 5,366 held-out images, joined to RSNA's radiologists; ``folder`` exists."""
    scores = data / "chexnet" / "preds.csv.gz"
    cohort = rsna(
        data / "rsna" / "rsna_to_nih.csv.gz",
        CohortRequest(out=folder, within=scores, boxes=data / "rsna" / "stage_2_train_labels.csv.gz"),
        metadata=data / "nih" / "Data_Entry_2017_v2020.csv.gz",
    )
    write_cohort(cohort, folder)
    protocol = Path(protocols.__path__[0]) / "library" / "chexnet-nih-rsna.toml"
    return Study("published CheXNet", protocol, InputFiles(folder / STUDIES, folder / READS, scores))


def synthetic_study(
    folder: Path, *, images: int, patients: int, replicates: int = 10_000, seed: int = 510
) -> Study:
    """Images of patients of whom few have many, with correlated truth and scores; ``folder`` exists."""
    random = np.random.default_rng(seed)
    weights = random.gamma(FEW_HAVE_MANY, size=patients)
    further = random.choice(patients, size=images - patients, p=weights / weights.sum())
    patient = np.sort(np.concatenate([np.arange(patients), further]))
    inclination, ease = random.normal(size=(2, patients))
    positive = inclination[patient] + random.normal(size=images) > 1.2
    logit = np.where(positive, 1.0, -1.0) + 0.7 * ease[patient] + random.normal(size=images)
    score = np.round(1 / (1 + np.exp(-logit)), 6)
    age, female = random.integers(1, 95, size=patients), random.random(patients) < 0.44
    frontal = random.random(images) < 0.6
    studies, reads, predictions = [], [], []
    for row, owner in enumerate(patient):
        name = f"i{row:06}"
        sex, view = "F" if female[owner] else "M", "PA" if frontal[row] else "AP"
        studies.append([name, f"p{owner:05}", str(age[owner]), sex, view])
        reads.append([name, "R1", "positive" if positive[row] else "negative"])
        predictions.append([name, repr(float(score[row]))])
    files = InputFiles(folder / STUDIES, folder / READS, folder / "predictions.csv")
    write_text(files.studies, csv_text(["image_id", "patient_id", "age_years", "sex", "view"], studies))
    write_text(files.reads, csv_text(["image_id", "reader_id", "verdict"], reads))
    write_text(files.predictions, csv_text(["image_id", "score"], predictions))
    write_text(folder / "protocol.toml", PROTOCOL.format(replicates=replicates))
    return Study("synthetic", folder / "protocol.toml", files)
