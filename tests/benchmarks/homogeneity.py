"""How often the test of homogeneity errs where all levels are alike, what it finds where one is worse, and how often
all gaps lie in their intervals at once.

``python -m tests.benchmarks.homogeneity`` prints three Markdown tables. Each cell is the mean over several layouts and,
after the stroke, the worst of them: levels of their own patients or of shared ones, one image a patient or up to eight,
equal levels or uneven ones. Whoever would replace the test or the intervals, beats these tables.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtri

from validation.cohort.outcomes import FN, FP, TN, TP, Units
from validation.homogeneity.level_differences import deviations_of, interval_of, pairs_of
from validation.homogeneity.level_estimates import LevelEstimate, NotGiven, joint_covariance, level_estimate
from validation.homogeneity.wald_test import Wald, patients_of, quadratic_form, wald_test
from validation.intervals.bootstrap import resample_chunks
from validation.metrics.counts import confusion, f1, sensitivity
from validation.metrics.ranking import ranked_replicates, ranking_of

ALPHA = 0.05
MOST_IMAGES = 8
REPLICATES = 400
FEWEST_PATIENTS = 10  # of a class in a level, as protocols have it
TESTED, COVERED = 1_000, 200  # studies a layout, of tests and of gaps
SCORED = 100  # of those, with gaps of AUROC, which cost most
PATIENTS = (50, 100, 500)
LEVELS = (2, 4)
SHARES = (0.7, 0.85, 0.95)
WORSE_BY = 0.15
TESTS = ("plain", "logit", "sensitivity", "f1", "auroc")
NO_UNITS = Units(
    np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int8), np.empty(0), np.empty(0, dtype=np.bool_)
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How images fall on patients and levels.

    Attributes:
        shared: each image of any level, instead of each patient.
        images: a patient has 1 to so many.
        correlation: of two images of a patient.
        uneven: levels are as 1 to 2 to 3 to 4 instead of equal.
    """

    shared: bool
    images: int
    correlation: float
    uneven: bool = False


LAYOUTS = (
    Layout(shared=False, images=1, correlation=0.0, uneven=True),
    Layout(shared=False, images=MOST_IMAGES, correlation=0.3),
    Layout(shared=False, images=MOST_IMAGES, correlation=0.6),
    Layout(shared=False, images=MOST_IMAGES, correlation=0.6, uneven=True),
    Layout(shared=True, images=MOST_IMAGES, correlation=0.3),
    Layout(shared=True, images=MOST_IMAGES, correlation=0.6, uneven=True),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of the simulation.

    Attributes:
        patients: of either class.
        right: the share called right in each level, of either class; AUROC is the first of them.
        layout: of images.
    """

    patients: int
    right: tuple[float, ...]
    layout: Layout


@dataclass(frozen=True, slots=True)
class Images:
    """Images of a study: patient, class and level of each; positive patients come first, then as many negative ones."""

    patients: int
    patient: NDArray[np.intp]
    positive: NDArray[np.bool_]
    level: NDArray[np.intp]


def images_of(cell: Cell, random: np.random.Generator) -> Images | None:
    """One study; None where a level has too few patients of a class."""
    patients, levels, layout = cell.patients, len(cell.right), cell.layout
    count = random.integers(1, layout.images + 1, size=2 * patients)
    patient = np.repeat(np.arange(2 * patients), count)
    share = np.arange(1.0, levels + 1) if layout.uneven else np.ones(levels)
    borders = np.cumsum(share)[:-1] / share.sum()
    place = random.random(len(patient)) if layout.shared else (patient % patients + 0.5) / patients
    images = Images(2 * patients, patient, patient < patients, np.searchsorted(borders, place, "right"))
    for level, positive in itertools.product(range(levels), (True, False)):
        chosen = (images.level == level) & (images.positive == positive)
        if len(np.unique(patient[chosen])) < FEWEST_PATIENTS:
            return None
    return images


def counts_of(images: Images, cell: Cell, random: np.random.Generator) -> list[NDArray[np.float64]]:
    """TP, FP, FN, TN by patient in each level; patients have rates of their own, beta-distributed."""
    mean, correlation = max(cell.right), cell.layout.correlation
    rate = np.full(images.patients, mean)
    if correlation:
        weight = (1 - correlation) / correlation
        rate = random.beta(mean * weight, (1 - mean) * weight, size=images.patients)
    chance = rate[images.patient] * (np.array(cell.right) / mean)[images.level]
    wrong = random.random(len(images.patient)) >= chance
    outcome = np.where(images.positive, np.where(wrong, FN, TP), np.where(wrong, FP, TN))
    counts = np.zeros((len(cell.right), images.patients, 4))
    np.add.at(counts, (images.level, images.patient, outcome), 1.0)
    return list(counts)


def ranked_of(images: Images, cell: Cell, random: np.random.Generator) -> list[Units]:
    """Scores in each level, normal, with patients' means of their own."""
    correlation = cell.layout.correlation
    shared = random.normal(size=images.patients)[images.patient]
    own = random.normal(size=len(images.patient))
    score = math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own
    score += images.positive * math.sqrt(2) * float(ndtri(cell.right[0]))
    columns = (images.patient, images.positive.astype(np.int8), score, np.zeros(len(score), dtype=np.bool_))
    return [Units(*(column[images.level == level] for column in columns)) for level in range(len(cell.right))]


def of_counts(metric: str, counts: Sequence[NDArray[np.float64]]) -> list[LevelEstimate]:
    """A metric of counts in every level."""
    return _entering([level_estimate(metric, of_level, NO_UNITS) for of_level in counts])


def of_scores(ranked: Sequence[Units], patients: int) -> list[LevelEstimate]:
    """AUROC in every level."""
    return _entering([level_estimate("auroc", np.zeros((patients, 4)), units) for units in ranked])


def _entering(found: Sequence[LevelEstimate | NotGiven]) -> list[LevelEstimate]:
    """The levels simulated are all large enough to have an estimate."""
    return [level for level in found if not isinstance(level, NotGiven)]


def plain(levels: Sequence[LevelEstimate], *, logit: bool = False) -> float:
    """p-value of the textbook's Wald test with F of L - 1 and K - L + 1, on the plain or on the logit scale.

    A share of 0 or 1, which would have no variance, is moved by half a unit.
    """
    values, slopes, variances = [], [], []
    for level in levels:
        variance = float((level.influence * level.influence).sum())
        share = level.proportion
        if variance == 0:
            share = (share * level.effective + 0.5) / (level.effective + 1)
            variance = share * (1 - share) / level.effective
        values.append(math.log(share / (1 - share)) if logit else level.proportion)
        slopes.append(1 / (share * (1 - share)) if logit else 1.0)
        variances.append(variance)
    stacked = np.stack([level.influence for level in levels])
    together = stacked @ stacked.T
    np.fill_diagonal(together, variances)
    together *= np.outer(slopes, slopes)
    size = len(levels)
    contrasts = np.hstack([-np.ones((size - 1, 1)), np.eye(size - 1)])
    form = quadratic_form((contrasts @ together @ contrasts.T).tolist(), (contrasts @ values).tolist())
    q, d = size - 1, patients_of(levels) - 1
    return 1.0 if form is None else float(fdtrc(q, d - q + 1, form * (d - q + 1) / (d * q)))


def ours(levels: Sequence[LevelEstimate]) -> float:
    """p-value of the suite's test; 1 where there is none."""
    found = wald_test(levels, joint_covariance(levels))
    return found.p_value if isinstance(found, Wald) else 1.0


def rejected(cell: Cell, *, studies: int, seed: int) -> Mapping[str, float]:
    """In which share of simulated studies each of `TESTS` rejects at 5 %; empty where levels are too small.

    ``plain`` and ``logit`` are of sensitivity, the others the suite's test of that metric.
    """
    random, found, done = np.random.default_rng(seed), Counter[str](), 0
    for images in _studies(cell, studies, random):
        done += 1
        counts = counts_of(images, cell, random)
        levels = of_counts("sensitivity", counts)
        p_values = {
            "plain": plain(levels),
            "logit": plain(levels, logit=True),
            "sensitivity": ours(levels),
            "f1": ours(of_counts("f1", counts)),
            "auroc": ours(of_scores(ranked_of(images, cell, random), images.patients)),
        }
        found.update(name for name, p_value in p_values.items() if p_value <= ALPHA)
    return {name: found[name] / done for name in TESTS} if done else {}


def held(cell: Cell, *, studies: int, scored: int, seed: int) -> Mapping[str, float]:
    """In which share of simulated studies all gaps of a metric lie in their intervals; empty as above.

    Levels must be alike for AUROC, of which only the first ``scored`` studies are taken.
    """
    random, found, done = np.random.default_rng(seed), Counter[str](), Counter[str]()
    (drawn,) = resample_chunks(seed, REPLICATES, 2 * cell.patients)
    for images in _studies(cell, studies, random):
        counts = counts_of(images, cell, random)
        replicates = [confusion(drawn.weights.T @ of_level) for of_level in counts]
        for metric, value in (("sensitivity", sensitivity), ("f1", f1)):
            done[metric] += 1
            # With as many positive as negative images F1 is the share right, too.
            values = [value(of_level) for of_level in replicates]
            found[metric] += all_hold(of_counts(metric, counts), values, cell.right)
        if done["auroc"] < scored:
            done["auroc"] += 1
            ranked = ranked_of(images, cell, random)
            areas = ranked_replicates([ranking_of(units, images.patients) for units in ranked], drawn.weights)
            found["auroc"] += all_hold(of_scores(ranked, images.patients), list(areas[:, 0]), cell.right)
    return {metric: found[metric] / count for metric, count in done.items()}


def all_hold(
    levels: Sequence[LevelEstimate], values: Sequence[NDArray[np.float64]], truth: Sequence[float]
) -> bool:
    """Whether the simultaneous intervals hold all true differences."""
    pairs = pairs_of(joint_covariance(levels))
    critical = deviations_of(levels, pairs, values).critical_value(1 - ALPHA)
    intervals = [interval_of(levels, pair, critical) for pair in pairs]
    return all(
        low <= truth[pair.first] - truth[pair.second] <= high
        for pair, (low, high) in zip(pairs, intervals, strict=True)
    )


def _studies(cell: Cell, studies: int, random: np.random.Generator) -> Iterator[Images]:
    for _ in range(studies):
        images = images_of(cell, random)
        if images is not None:
            yield images


def row(
    found: Sequence[Mapping[str, float]], names: Sequence[str], *, worst: Callable[[list[float]], float]
) -> str:
    """Mean and worst of the layouts, in per cent, as cells of a table."""
    columns = ([one[name] for one in found if one] for name in names)
    cells = (f"{100 * sum(column) / len(column):.1f} / {100 * worst(column):.1f}" for column in columns)
    return " | ".join(cells)


def main() -> None:
    """Print the tables."""
    covered = ("sensitivity", "f1", "auroc")
    rows = list(itertools.product(LEVELS, PATIENTS, SHARES))
    for title, names in (("Rejected where all levels are alike", TESTS), ("All gaps held", covered)):
        print(f"{title}\n\n| levels | patients | right | {' | '.join(names)} |")
        print("|---" * (len(names) + 3) + "|")
        for levels, patients, right in rows:
            cells = [Cell(patients, (right,) * levels, layout) for layout in LAYOUTS]
            if names == TESTS:
                text = row([rejected(cell, studies=TESTED, seed=510) for cell in cells], names, worst=max)
            else:
                found = [held(cell, studies=COVERED, scored=SCORED, seed=510) for cell in cells]
                text = row(found, names, worst=min)
            print(f"| {levels} | {patients} | {right} | {text} |", flush=True)
        print()
    print(f"Rejected where one level is worse by {WORSE_BY}, and all gaps of sensitivity held\n")
    print("| levels | patients | right | plain | logit | sensitivity | gaps held |\n" + "|---" * 7 + "|")
    for levels, patients, right in rows:
        cells = [Cell(patients, (right,) * (levels - 1) + (right - WORSE_BY,), layout) for layout in LAYOUTS]
        found = [rejected(cell, studies=COVERED, seed=511) for cell in cells]
        gaps = [held(cell, studies=COVERED, scored=0, seed=511) for cell in cells]
        text = row(found, ("plain", "logit", "sensitivity"), worst=min)
        print(
            f"| {levels} | {patients} | {right} | {text} | {row(gaps, ('sensitivity',), worst=min)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
