"""Draft labelling of whole studies: how often it says that performance is lower in a subgroup, rightly and wrongly.

A study has six axes of subgroups, with scores as in `scores`. In a null study performance is the same everywhere; in
the others positive images of one level score lower. Estimates, tests, adjusted p-values and the rule of the sentence
are the product's (`validation.estimates`, `validation.homogeneity`, `reports.content.labelling`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

from protocols.schema.metrics import SUBGROUP_METRICS
from protocols.schema.protocol import Protocol
from reports.content.estimate_rows import rows_by_subgroup
from reports.content.labelling import UnderperformingLevel, underperforming_levels
from reports.language.vocabulary import Words
from tests.benchmarks.coverage.designs import correlated, image_numbers
from tests.benchmarks.coverage.scores import PREVALENCE, SPECIFICITY, distance, the_protocol
from tests.benchmarks.coverage.tally import Share, share
from tests.benchmarks.coverage.whole_studies import THRESHOLD
from validation.cohort.join import JoinedCohort
from validation.cohort.outcomes import Sample, resampled_patients, sample_of
from validation.cohort.subgroups import Axis
from validation.estimates.estimates import estimates_of
from validation.estimates.replication import Replicates, replicate
from validation.homogeneity.wald_test import LevelData, homogeneity_tests
from validation.results.results import DataQuality, Subgroup

ALLOWED = 0.05  # of null studies with a sentence
NULL_STUDIES = {100: 1_000, 400: 600, 1_500: 400}  # of a kind, by number of patients
REFINED = 1_000  # null studies where fewer leave the judgement open
WORSE_STUDIES = 100
WITHIN = "view"  # the axis whose levels a patient's images may differ in
ALIKE = 0.3  # correlation of two images of a patient in it
CROSSED = ("sex", "age_years")
LEVELS = ("A", "B", "C", "D", "E")  # names of the levels of an axis
# Proportions of patients (of images for the view) in each level.
EQUAL: Mapping[str, tuple[float, ...]] = {
    "sex": (0.5, 0.5),
    "age_years": (1 / 3, 1 / 3, 1 / 3),
    "site": (0.2,) * 5,
    "manufacturer": (1 / 3, 1 / 3, 1 / 3),
    WITHIN: (0.5, 0.5),
}
UNEQUAL: Mapping[str, tuple[float, ...]] = {
    "sex": (0.85, 0.15),
    "age_years": (0.75, 0.15, 0.10),
    "site": (0.6, 0.2, 0.1, 0.06, 0.04),
    "manufacturer": (0.8, 0.15, 0.05),
    WITHIN: (0.9, 0.1),
}
WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset({"age_years"}))


@dataclass(frozen=True, slots=True)
class LabelledCell:
    """One kind of study.

    Attributes:
        patients: all of them, of either class.
        images: a key of `IMAGES`.
        correlation: of two images of one patient, in the reference and in the score given the reference.
        unequal: whether the levels of each axis are of very unequal size.
        auroc: where performance is not lower.
        worse: the axis whose last level performs worse; empty in a null study.
        worse_by: by how much the sensitivity is lower there.
    """

    patients: int
    images: str
    correlation: float
    unequal: bool
    auroc: float
    worse: str = ""
    worse_by: float = 0.0

    @property
    def studies(self) -> int:
        """How many are simulated at first."""
        return WORSE_STUDIES if self.worse else NULL_STUDIES[self.patients]

    @property
    def refined(self) -> int:
        """How many are where these leave the judgement open."""
        return 0 if self.worse else REFINED

    @property
    def sensitivity(self) -> float:
        """Where it is not lower."""
        return float(ndtr(distance(self.auroc) - ndtri(SPECIFICITY)))

    def holds(self, sentence: UnderperformingLevel) -> bool:
        """Whether a sentence names the worse level, or one within it, beside another, and not for specificity."""
        if not self.worse:
            return False
        of_worse = [
            dict(zip(one.axis.split(","), one.level.split(","), strict=True)).get(self.worse)
            == self.worst_level
            for one in (sentence.lower, sentence.higher)
        ]
        return of_worse == [True, False] and sentence.metric != "specificity"

    @property
    def worst_level(self) -> str:
        """The name of the level that performs worse."""
        return LEVELS[len(EQUAL[self.worse]) - 1]

    @property
    def lower_score(self) -> float:
        """By how much positive images of the worse level score lower, in standard deviations."""
        return float(ndtri(self.sensitivity) - ndtri(self.sensitivity - self.worse_by))


@dataclass(frozen=True, slots=True)
class Labelled:
    """Of ``studies``, how many drafted a sentence that is wrong, and how many one that names the worse level."""

    studies: int
    wrong: int
    found: int

    @property
    def wrongly(self) -> Share:
        """The proportion with at least one wrong sentence."""
        return share(self.wrong, self.studies)

    @property
    def power(self) -> Share:
        """The proportion that names the worse level."""
        return share(self.found, self.studies)

    @property
    def judgement(self) -> str:
        """``passes``, ``fails``, or ``open`` where so many studies leave both possible."""
        if self.wrongly.low > ALLOWED:
            return "fails"
        return "open" if self.wrongly.high > ALLOWED else "passes"


def labelled_cells() -> tuple[LabelledCell, ...]:
    """Every kind of study: the null studies, then those in which one level performs worse."""
    null = tuple(
        LabelledCell(patients, images, correlation, unequal, auroc)
        for patients, images, correlation, unequal, auroc in (
            (100, "1", 0.0, False, 0.85),
            (100, "1 to 8", 0.3, True, 0.85),
            (400, "1", 0.0, False, 0.85),
            (400, "1", 0.0, True, 0.85),
            (400, "1", 0.0, False, 0.95),
            (400, "1 to 8", 0.0, False, 0.85),
            (400, "1 to 8", 0.3, False, 0.85),
            (400, "1 to 8", 0.3, True, 0.85),
            (400, "skewed", 0.3, False, 0.85),
            (400, "skewed", 0.3, True, 0.85),
            (1_500, "1", 0.0, False, 0.85),
            (1_500, "1 to 8", 0.3, True, 0.85),
            (1_500, "1 to 8", 0.3, True, 0.95),
            (1_500, "skewed", 0.3, False, 0.85),
        )
    )
    worse = tuple(
        LabelledCell(patients, images, correlation, unequal=False, auroc=0.9, worse=axis, worse_by=worse_by)
        for patients, (images, correlation), axis, worse_by in product(
            (400, 1_500), (("1", 0.0), ("1 to 8", 0.3)), ("sex", "site"), (0.1, 0.2)
        )
    )
    return null + worse


def labelled(cell: LabelledCell, *, studies: int, seed: list[int], refined: int = 0) -> Labelled:
    """Simulate ``studies`` of a kind, and up to ``refined`` where these leave the judgement open."""
    random, done = np.random.default_rng(seed), Labelled(0, 0, 0)
    for most in (studies, refined):
        if done.studies < most and (done.studies == 0 or done.judgement == "open"):
            done = _continued(done, cell, most, random)
    return done


def _continued(done: Labelled, cell: LabelledCell, studies: int, random: Generator) -> Labelled:
    wrong, found = done.wrong, done.found
    for _ in range(done.studies, studies):
        sentences = drafted(*simulated_study(cell, random), the_protocol())
        wrong += any(not cell.holds(one) for one in sentences)
        found += any(cell.holds(one) and one.lower.axis == cell.worse for one in sentences)
    return Labelled(studies, wrong, found)


def simulated_study(cell: LabelledCell, random: Generator) -> tuple[JoinedCohort, tuple[Axis, ...]]:
    """One study of images, all read and all processed, and its axes."""
    everyone = (cell.patients,)
    patient = np.repeat(np.arange(cell.patients), image_numbers(cell.images, everyone, random))
    levels = {
        name: random.choice(len(sizes), size=everyone, p=sizes)[patient]
        for name, sizes in (UNEQUAL if cell.unequal else EQUAL).items()
        if name != WITHIN
    }
    rate = correlated(np.full(everyone, (UNEQUAL if cell.unequal else EQUAL)[WITHIN][1]), ALIKE, random)
    levels[WITHIN] = (random.random(len(patient)) < rate[patient]).astype(np.intp)
    first, second = CROSSED
    crossed = levels[first] * len(EQUAL[second]) + levels[second]
    rate = correlated(np.full(everyone, PREVALENCE), cell.correlation, random)
    positive = random.random(len(patient)) < rate[patient]
    shared, own = random.normal(size=everyone), random.normal(size=len(patient))
    latent = math.sqrt(cell.correlation) * shared[patient] + math.sqrt(1 - cell.correlation) * own
    latent += distance(cell.auroc) * positive - float(ndtri(SPECIFICITY))
    if cell.worse:
        latent -= cell.lower_score * (positive & (levels[cell.worse] == len(EQUAL[cell.worse]) - 1))
    axes = [_axis(name, codes, LEVELS[: len(EQUAL[name])]) for name, codes in levels.items()]
    axes.append(_axis(",".join(CROSSED), crossed, _names_crossed()))
    return _cohort(patient, positive, expit(latent)), tuple(axes)


def drafted(
    cohort: JoinedCohort, axes: Sequence[Axis], protocol: Protocol
) -> tuple[UnderperformingLevel, ...]:
    """The sentences of a study's draft labelling on subgroups.

    Replicates that are all the same make no difference an extreme one: the p-values are then the smallest that
    replicates can give. The study is resampled only where these would draft a sentence.
    """
    drawn = resampled_patients(cohort, cohort.analysed)
    samples = {
        Subgroup(axis.name, level): sample_of(
            cohort, axis.members(level), drawn, unit="image", metrics=dict.fromkeys(SUBGROUP_METRICS)
        )
        for axis in axes
        for level in axis.emitted(cohort.analysed)
    }
    alike = [_all_alike(protocol.bootstrap.replicates)] * len(samples)
    if not _sentences(samples, alike, axes, protocol):
        return ()
    resampled = replicate(list(samples.values()), protocol.bootstrap, lambda *_: None).replicates
    return _sentences(samples, resampled, axes, protocol)


def _sentences(
    samples: Mapping[Subgroup, Sample],
    replicates: Sequence[Replicates],
    axes: Sequence[Axis],
    protocol: Protocol,
) -> tuple[UnderperformingLevel, ...]:
    data = {
        row: LevelData(sample, of_level)
        for (row, sample), of_level in zip(samples.items(), replicates, strict=True)
    }
    estimates = {row: estimates_of(one.sample, one.replicates, row, protocol) for row, one in data.items()}
    tests = homogeneity_tests(data, estimates, axes, protocol)
    rows = rows_by_subgroup([estimate for of_row in estimates.values() for estimate in of_row])
    level = protocol.bootstrap.confidence_level
    return underperforming_levels(tests, tuple(rows.values()), WORDS, confidence_level=level)


@lru_cache(maxsize=1)
def _all_alike(replicates: int) -> Replicates:
    value = np.full(replicates, 0.5)
    return Replicates(np.ones((replicates, 4)), np.ones((replicates, 2)), value, value)


def _axis(name: str, codes: NDArray[np.intp], levels: Sequence[str]) -> Axis:
    return Axis(name, tuple(levels), codes, frozenset(), frozenset(levels))


def _names_crossed() -> list[str]:
    return [",".join(pair) for pair in product(*(LEVELS[: len(EQUAL[name])] for name in CROSSED))]


def _cohort(
    patient: NDArray[np.intp], positive: NDArray[np.bool_], score: NDArray[np.float64]
) -> JoinedCohort:
    every = np.ones(len(patient), dtype=np.bool_)
    return JoinedCohort(
        image_id=(),
        patient_id=tuple(map(str, patient.tolist())),
        truth=positive.astype(np.int8),
        score=score,
        called=score >= THRESHOLD,
        step=(),
        analysed=every,
        eligible=every,
        flow=(),
        data_quality=DataQuality(0, 0, 0, 0, 0, 0, 0),
        account=(),
    )
