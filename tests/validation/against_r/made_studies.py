"""Small studies that are hard for clustered statistics, and arguments of base R, the same on any machine.

Made with `random.Random.random`, whose numbers Python guarantees, and the four operations: no release of NumPy or of
the C library can change a study, so that the recorded numbers of R stay those of these tables.
"""

import csv
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from validation.cohort.outcomes import Units


@dataclass(frozen=True)
class Images:
    """A study as R reads it, one entry per image: patient, truth and test result 1 or 0, score in [0, 1]."""

    patient: Sequence[int]
    truth: Sequence[int]
    score: Sequence[float]
    positive: Sequence[int]

    @property
    def units(self) -> Units:
        """The same as the suite takes it; patients numbered from 0."""
        _, patient = np.unique(self.patient, return_inverse=True)
        return Units(
            patient.astype(np.intp),
            np.array(self.truth, dtype=np.int8),
            np.array(self.score, dtype=np.float64),
            np.array(self.positive, dtype=np.bool_),
        )

    def write(self, path: Path) -> None:
        write_table(
            path,
            {
                "patient": self.patient,
                "truth": self.truth,
                "score": list(map(repr, self.score)),
                "positive": self.positive,
            },
        )

    def first_of_each_patient(self) -> "Images":
        first = [self.patient.index(patient) for patient in dict.fromkeys(self.patient)]
        patient, truth, score, positive = self.patient, self.truth, self.score, self.positive
        return Images(
            [patient[row] for row in first],
            [truth[row] for row in first],
            [score[row] for row in first],
            [positive[row] for row in first],
        )


def write_table(path: Path, columns: Mapping[str, Sequence[object]]) -> None:
    """Write columns of one length as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _about_normal(uniform: Callable[[], float]) -> float:
    """The sum of twelve uniform numbers less 6: mean 0, variance 1."""
    return sum(uniform() for _ in range(12)) - 6


def made(
    seed: int,
    *,
    patients: int,
    most_images: int,
    decimals: int,
    cut: float,
    separation: float,
    shared: float,
    alternating: bool = False,
) -> Images:
    """Make a study; images are test positive from a score of 0.5.

    Args:
        seed: of Python's generator.
        patients: their number.
        most_images: of a patient; half have one, and few have many (as 1/size).
        decimals: of the scores; few make ties.
        cut: an image is positive where what its patient and itself contribute is above it.
        separation: of the classes, in standard deviations of a score within patients.
        shared: weight of what a patient's images have in common, for the truth and for the score.
        alternating: the truth of a patient's images alternates: less variance than of independent images.
    """
    uniform = random.Random(seed).random
    rows: list[tuple[int, int, float, int]] = []
    for patient in range(patients):
        inclination, ease = shared * _about_normal(uniform), shared * _about_normal(uniform)
        images = min(most_images, int(0.5 / max(uniform(), 1e-9)) + 1)
        first = int(inclination + _about_normal(uniform) > cut)
        for image in range(images):
            if image == 0 or alternating:
                truth = (first + image) % 2
            else:
                truth = int(inclination + _about_normal(uniform) > cut)
            latent = separation * (truth - 0.5) + ease + _about_normal(uniform)
            score = round(0.5 + latent / (2 + 2 * abs(latent)), decimals)
            rows.append((patient, truth, score, int(score >= 0.5)))
    return Images(*(list(column) for column in zip(*rows, strict=True)))


@cache
def clustered_studies() -> Mapping[str, Images]:
    """Studies with several images per patient, both classes within patients."""
    return {
        # Few patients, one of them with 30 images; nine distinct scores.
        "clustered 60": made(
            60, patients=60, most_images=30, decimals=1, cut=0.4, separation=1.6, shared=0.9
        ),
        # Truth alternates within patients: design effects below 1.
        "clustered 150": made(
            150,
            patients=150,
            most_images=12,
            decimals=2,
            cut=0.2,
            separation=1.2,
            shared=0.5,
            alternating=True,
        ),
        # Low prevalence, a patient with 80 images, strong dependence.
        "clustered 400": made(
            400, patients=400, most_images=80, decimals=3, cut=1.9, separation=2.4, shared=0.8
        ),
    }


@cache
def single_studies() -> Mapping[str, Images]:
    """The first image of each patient of these studies, and one with an AUROC near 1 and a sensitivity of 1."""
    firsts = {
        name.replace("clustered", "single"): study.first_of_each_patient()
        for name, study in clustered_studies().items()
    }
    near_one = made(2, patients=40, most_images=1, decimals=2, cut=0.5, separation=3.2, shared=0.0)
    return {**firsts, "single near 1": near_one}


def made_studies() -> Mapping[str, Images]:
    return {**clustered_studies(), **single_studies()}


# x of n; the quantiles' levels and degrees of freedom, also fractional; F and its two degrees of freedom.
BINOMIAL = [(44, 51), (0, 10), (10, 10), (1, 2), (615, 1108), (3578, 4258), (1, 100_000), (99_999, 100_000)]
STUDENT = [(0.95, 1.0), (0.95, 2.0), (0.9, 3.0), (0.99, 4.7), (0.95, 26.36), (0.975, 352.0), (0.95, 1e6)]
F = [(0.5, 1, 4), (4.0, 1, 20), (3.2, 2, 17), (9.8, 3, 340), (60.0, 4, 12), (1.0, 7, 2_330)]
P_VALUES = [0.01, 0.04, 0.03, 0.005, 0.04, 0.8, 0.0001, 1.0, 0.2]
VALUES = [0.31, 0.3, 0.3, 0.9, 0.12, 0.55, 0.77, 0.3, 0.41, 0.68, 0.2]
PROBABILITIES = [0.0, 0.001, 0.025, 0.1, 0.5, 0.63, 0.975, 1.0]


def write_arguments(folder: Path) -> None:
    """Write the arguments of base R into a folder, which exists."""
    x, n = zip(*BINOMIAL, strict=True)
    level, degrees = zip(*STUDENT, strict=True)
    statistic, first, second = zip(*F, strict=True)
    write_table(folder / "binomial.csv", {"x": x, "n": n})
    write_table(folder / "student.csv", {"level": level, "degrees": degrees})
    write_table(folder / "f.csv", {"statistic": statistic, "first": first, "second": second})
    write_table(folder / "p_values.csv", {"p": P_VALUES})
    write_table(folder / "values.csv", {"value": VALUES})
    write_table(folder / "probabilities.csv", {"probability": PROBABILITIES})
