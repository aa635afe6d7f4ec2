"""A study that makes `validate` compute every number it knows, written as the files that an engineer has.

Owns the tables and the protocol; which bytes come of them is the tests' concern. Names are not in ASCII where a
locale could sort or fold them another way.
"""

import random
from dataclasses import dataclass
from pathlib import Path

from protocols.images.perceptual_hash import BITS
from protocols.storage.canonical import csv_text, sha256_bytes, write_text

PROTOCOL = """
schema = "cxr510k-protocol/1"
id = "whole"
version = 1
title = "Every number"
[claim]
type = "detection"
finding = "airspace opacity suspicious for pneumonia"
[reference_standard]
kind = "consensus"
rule = "majority"
[operating_point]
threshold = 0.5
source = "stated for the test"
[bootstrap]
strata = "class"
replicates = 1000
[decision]
proportion = "bca"
other = "delong_clustered"
[minimum]
patients = 5
positive_patients = 2
negative_patients = 2
[[subgroups]]
axis = "age_years"
cut_points = [18, 45, 65]
[[subgroups]]
axis = "sex"
[[subgroups]]
axis = "view"
[[subgroups]]
axis = "site"
[[subgroups]]
axis = ["sex", "view"]
[[sensitivity]]
id = "poor-matches"
exclude = {column = "match_mse", above = 50}
[prevalences]
at = [0.01, 0.05, 0.1, 0.2]
[family]
axes = ["age_years", "sex", "view", "site"]
metrics = ["sensitivity", "specificity", "f1", "auroc"]
[weights]
column = "sampling_weight"
"""
CRITERION = """[[criteria]]
id = "{metric}"
metric = "{metric}"
subgroup = "overall"
bound = "{bound}"
goal = {goal}
justification = "for the test"
"""
GOALS = {
    "sensitivity": ("lower", 0.6),
    "specificity": ("lower", 0.6),
    "f1": ("lower", 0.5),
    "ppv": ("lower", 0.5),
    "npv": ("lower", 0.5),
    "accuracy": ("lower", 0.5),
    "balanced_accuracy": ("lower", 0.5),
    "lr_positive": ("lower", 1.0),
    "lr_negative": ("upper", 1.0),
    "prevalence": ("lower", 0.1),
    "auroc": ("lower", 0.5),
    "average_precision": ("lower", 0.5),
    "brier": ("upper", 0.9),
}
SITES = ("Zürich", "İzmir", "Iğdır", "ähtäri", "Åbo", "Aarhus", "")
READERS = ("R1", "R2", "Ř3", "r4", "ß5")
LIKENESS_DIGITS = (BITS + 1) // 4


@dataclass(frozen=True, slots=True)
class WholeStudy:
    """The files in a folder."""

    folder: Path

    @property
    def arguments(self) -> list[str]:
        """Of `cxr510k`, without --out."""
        named = {name: f"{name}.csv" for name in ("studies", "reads", "predictions", "boxes", "marks")}
        tables = [part for name, file in named.items() for part in (f"--{name}", str(self.folder / file))]
        inventory = ["--inventory", str(self.folder / "images.csv")]
        return ["validate", str(self.folder / "protocol.toml"), *tables, *inventory]


def write_whole_study(folder: Path, *, patients: int = 150, seed: int = 510) -> WholeStudy:
    """Patients of one to four images, five readers who err, a device that errs, fails and points."""
    chance = random.Random(seed)
    studies, reads, predictions, boxes, marks, images = [], [], [], [], [], []
    for patient in range(patients):
        ill, site = chance.random() < 0.4, chance.choice(SITES)
        age, sex = chance.choice([str(chance.randint(1, 99)), ""]), chance.choice(["F", "M", "O", ""])
        for number in range(chance.randint(1, 4)):
            image = f"i{patient:03}-{number}é"
            truth = ill if chance.random() < 0.9 else not ill
            view, error = chance.choice(["PA", "AP", ""]), f"{chance.random() * 60:.3f}"
            weight = repr(1 + 4 * chance.random())
            studies.append([image, f"p{patient:03}", age, sex, view, site, error, weight])
            for reader in READERS[: chance.choice([0, 3, 5, 5, 5, 5])]:
                wrong = chance.random() < 0.15
                verdict = (
                    "indeterminate" if chance.random() < 0.05 else ("negative", "positive")[truth != wrong]
                )
                reads.append([image, reader, verdict])
            score = min(1.0, max(0.0, chance.gauss(0.65 if truth else 0.35, 0.2)))
            status = "failed" if chance.random() < 0.03 else "ok"
            predictions.append([image, repr(round(score, chance.choice([2, 6, 16]))), status, ""])
            if truth:
                x, y = chance.random() * 0.6, chance.random() * 0.6
                boxes.append([image, repr(x), repr(y), "0.3", "0.35"])
            left, top = chance.random() * 0.7, chance.random() * 0.7
            marks.append([image, *map(repr, (left + 0.1, top + 0.1, left, top)), "0.25", "0.3"])
            known = [sha256_bytes(f"{kind} {image}".encode()) for kind in ("file", "pixels", "look")]
            like = ["seen", "near"] if chance.random() < 0.02 else ["", ""]
            images.append([image, "320", "320", *known[:2], (3 * known[2])[:LIKENESS_DIGITS], *like])
    tables = {
        "studies": ("image_id patient_id age_years sex view site match_mse sampling_weight", studies),
        "reads": ("image_id reader_id verdict", reads),
        "predictions": ("image_id score status reason", predictions),
        "boxes": ("image_id x y width height", boxes),
        "marks": ("image_id x y left top width height", marks),
        "images": ("image_id rows columns file_sha256 pixels_sha256 likeness like like_kind", images),
    }
    for name, (columns, rows) in tables.items():
        write_text(folder / f"{name}.csv", csv_text(columns.split(), rows))
    criteria = "".join(
        CRITERION.format(metric=metric, bound=bound, goal=goal) for metric, (bound, goal) in GOALS.items()
    )
    write_text(folder / "protocol.toml", PROTOCOL + criteria)
    return WholeStudy(folder)
