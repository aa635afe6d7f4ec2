"""Studies to be damaged, each with a protocol of which every criterion is just missed, so that any gain shows.

Owns the studies and their protocols: a synthetic one, the published CheXNet, and the tables of a run folder.
"""

import json
import tempfile
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.rsna import rsna
from protocols.progress import silent
from protocols.schema.load import load_protocol, parse_protocol
from tests.damage import Tables
from validation.cohort.inputs import InputFiles
from validation.results.results import Results
from validation.run import validate

HEAD = """
schema = "cxr510k-protocol/1"
id = "damaged"
version = 1
title = "A study to damage"
[claim]
type = "triage"
finding = "opacity"
[reference_standard]
kind = "{kind}"
rule = "{rule}"
[operating_point]
threshold = {threshold}
source = "stated for the test"
[analysis]
unit = "{unit}"
[missing]
indeterminate = "{missing}"
not_processed = "{missing}"
[bootstrap]
replicates = 1000
[minimum]
patients = {patients}
positive_patients = 2
negative_patients = 2
[[subgroups]]
axis = "age_years"
cut_points = [45]
[[subgroups]]
axis = "sex"
[[subgroups]]
axis = "view"
"""
CRITERION = """
[[criteria]]
id = "{id}"
metric = "{metric}"
subgroup = {subgroup}
bound = "lower"
goal = {goal}
justification = "for the test"
"""
LEVELS = {"sex": ("F", "M"), "view": ("PA", "AP"), "age_years": ("<45", ">=45")}
JUST_MISSED = 1e-6  # by which a goal lies above its bound


@dataclass(frozen=True)
class Variant:
    """How the protocol of a damaged study is: its rules, and what every criterion is short of."""

    unit: str
    missing: str
    short_of: str  # goal: its bound lies just under; patients: one too few for the minimum


VARIANTS = tuple(
    Variant(unit, missing, short_of)
    for unit in ("image", "patient")
    for missing in ("worst_case", "exclude")
    for short_of in ("goal", "patients")
)


@dataclass
class DamagedStudy:
    """The undamaged tables of a study, as frames of text, and what its protocol needs to know."""

    name: str
    tables: Tables
    threshold: float
    kind: str
    rule: str
    _sound: dict[Variant, tuple[str, Results]] = field(default_factory=dict)

    def sound(self, variant: Variant, folder: Path) -> tuple[str, Results]:
        """The protocol of a variant, and what it makes of the undamaged tables."""
        if variant not in self._sound:
            first = run(self._protocol(variant, 2, {}), self.tables, folder)
            if variant.short_of == "patients":
                protocol = self._protocol(variant, max(one.patients for one in first.estimates) + 1, {})
            else:
                protocol = self._protocol(variant, 2, {row.id: row.observed for row in first.criteria})
            self._sound[variant] = protocol, run(protocol, self.tables, folder)
        return self._sound[variant]

    def _protocol(self, variant: Variant, patients: int, bounds: dict[str, float | None]) -> str:
        wanted = [(metric, metric, '"overall"') for metric in ("sensitivity", "specificity", "auroc")]
        wanted += [("star", "sensitivity", '{axis = "sex", level = "*"}')]
        wanted += [
            (f"{axis}-{number}", "sensitivity", f'{{axis = "{axis}", level = "{level}"}}')
            for axis, levels in LEVELS.items()
            for number, level in enumerate(levels)
        ]
        bounds = bounds | {"star": min(filter(None, (bounds.get(f"sex-{n}") for n in (0, 1))), default=None)}
        own = {"kind": self.kind, "rule": self.rule, "threshold": self.threshold, "patients": patients}
        head = HEAD.format(**own, **asdict(variant))
        goals = {id_: min(1.0, (bounds.get(id_) or 0.0) + JUST_MISSED) for id_, _, _ in wanted}
        return head + "".join(
            CRITERION.format(id=id_, metric=metric, subgroup=subgroup, goal=goals[id_])
            for id_, metric, subgroup in wanted
        )

    @cached_property
    def hurt(self) -> list[pd.Series]:
        """How much each image hurts the device, by image_id: of all, of a class, of the levels of sex and view."""
        studies = self.tables["studies"].set_index("image_id")
        truth = (
            self.tables["reads"].groupby("image_id")["verdict"].agg(lambda verdicts: verdicts.mode().iloc[0])
        )
        score = pd.to_numeric(self.tables["predictions"].set_index("image_id")["score"]).reindex(truth.index)
        every = (1 - score).where(truth == "positive", score)
        alone = [every, *(every[truth == word] for word in ("positive", "negative"))]
        return alone + [
            one[one.index.isin(studies.index[studies[column] == level])]
            for column in ("sex", "view")
            for level in LEVELS[column]
            for one in alone
        ]


def run(protocol: str, tables: Tables, folder: Path) -> Results:
    """Validate tables in this process.

    Raises:
        BadInputError: the tables are refused.
    """
    paths = {name: folder / f"{name}.csv" for name in tables}
    for name, frame in tables.items():
        frame.to_csv(paths[name], index=False)
    return validate(
        parse_protocol(protocol.encode(), source="protocol.toml"), InputFiles(**paths), silent
    ).results


def synthetic() -> DamagedStudy:
    """About 300 images of 150 patients in the test split, read by two or by three, numbered as a hospital numbers."""
    rng = np.random.Generator(np.random.Philox(510))
    studies, reads, predictions = [], [], []
    for number in range(180):
        ill, test = rng.random() < 0.4, number % 6 > 0
        patient, age, sex = f"{number * 37:07}", str(rng.integers(18, 90)), "FM"[int(rng.integers(2))]
        for _ in range(int(rng.integers(1, 4))):
            image = f"{100_200_300_400 + 1_733 * len(studies)}"
            view, split = ("PA", "AP")[int(rng.random() < 0.3)], "test" if test else "train"
            studies.append((image, patient, age, sex, view, split, "Westhill" if number % 2 else "Eastgate"))
            if test:
                readers = ("r1", "r2", "r3") if rng.random() < 0.5 else ("r1", "r2")
                verdicts = ["positive" if ill != (rng.random() < 0.07) else "negative" for _ in readers]
                reads += zip([image] * len(readers), readers, verdicts, strict=True)
                score = rng.beta(5, 2) if ill else rng.beta(2, 5)
                failed = rng.random() < 0.02
                predictions.append((image, "" if failed else f"{score:.6f}", "failed" if failed else "ok"))
    tables = {
        "studies": (studies, "image_id patient_id age_years sex view split site"),
        "reads": (reads, "image_id reader_id verdict"),
        "predictions": (predictions, "image_id score status"),
    }
    frames = {name: pd.DataFrame(rows, columns=names.split()) for name, (rows, names) in tables.items()}
    return DamagedStudy("synthetic", frames, 0.45, "consensus", "majority")


def chexnet(shared: Path) -> DamagedStudy:
    """The published CheXNet on the images of its test set that RSNA's radiologists read; ``shared`` is public data."""
    predictions = pd.read_csv(shared / "chexnet" / "preds.csv.gz", dtype=str)
    predictions = predictions[["Image Index", "prob_Pneumonia"]].set_axis(
        ["image_id", "score"], axis="columns"
    )
    with tempfile.TemporaryDirectory() as folder:
        cohort = rsna(
            shared / "rsna" / "rsna_to_nih.csv.gz",
            CohortRequest(within=shared / "chexnet" / "preds.csv.gz", out=Path(folder)),
            metadata=shared / "nih" / "Data_Entry_2017_v2020.csv.gz",
        )
    tables = {"studies": pd.DataFrame(cohort.studies), "reads": pd.DataFrame(cohort.reads)}
    there = predictions["image_id"].isin(tables["studies"]["image_id"])
    tables["predictions"] = predictions[there].reset_index(drop=True)
    return DamagedStudy("chexnet", tables, 0.02, "single_reader", "majority")


def of_run(folder: Path) -> DamagedStudy:
    """The tables that a run folder keeps, with its threshold and reference standard; of the test split alone."""
    inputs = folder / "inputs"
    names = ("studies", "reads", "predictions")
    tables = {name: pd.read_csv(inputs / f"{name}.csv", dtype=str, keep_default_na=False) for name in names}
    protocol = load_protocol(folder / "protocol.toml").protocol
    threshold = json.loads((folder / "results.json").read_bytes())["operating_point"]["threshold"]
    standard = protocol.reference_standard
    return DamagedStudy(folder.name, tables, threshold, standard.kind, standard.rule)
