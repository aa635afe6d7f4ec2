"""How long the suite takes for all proportions and F1 of every level, and what it would take otherwise.

``python -m tests.benchmarks.statistics`` prints Markdown: the suite's times and peaks of memory, then the rivals of
`rivals` on the same study in the same run. Times are measured and printed, never asserted; what is asserted is that
the rivals' intervals agree with the suite's to Monte-Carlo error, without which no ratio would mean anything.
"""

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.stats import norm

from tests.benchmarks.engine import Joined, all_estimates, joined
from tests.benchmarks.process import Measured, measured
from tests.benchmarks.rivals import (
    TAILS,
    Images,
    Intervals,
    Row,
    auroc_by_ranks,
    auroc_by_sklearn,
    images_of,
    metric_frame,
    numpy_loop,
    scipy_as_it_comes,
    scipy_in_batches,
    sklearn_loop,
)
from tests.benchmarks.studies import Study, real_study, synthetic_study
from validation.results.results import Estimate

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"
REPLICATES = 10_000
TIMES = 3
TOLERATED = 5.0
Rival = Callable[[Images, int, int], Intervals]


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work, and how many replicates of it there is time for.

    ``clustered`` is False where it resamples images, so that the suite must do the same to be compared;
    ``interval`` is the suite's name of what it gives.
    """

    title: str
    rival: Rival
    replicates: int
    clustered: bool = True
    interval: str = "percentile"


OF_COUNTS = (
    Contender("NumPy, a loop over resampled patients", numpy_loop, 500),
    Contender("scipy.stats.bootstrap in batches, percentile", scipy_in_batches, REPLICATES),
    Contender("scipy.stats.bootstrap as it comes, BCa", scipy_as_it_comes, REPLICATES, interval="bca"),
    Contender("scikit-learn's metrics in a loop", sklearn_loop, 50),
    Contender("fairlearn MetricFrame, one an axis", metric_frame, 20, clustered=False),
)
OF_AUROC = (
    Contender("AUROC alone: scipy.stats.rankdata in a loop", auroc_by_ranks, 200),
    Contender("AUROC alone: scikit-learn's roc_auc_score in a loop", auroc_by_sklearn, 50),
)


def workload(study: Study, name: str) -> Measured:
    """``counts`` or ``auroc``; the time is of the work alone, tables read and joined."""
    files = study.files
    command = [sys.executable, "-m", "tests.benchmarks.engine", name, study.protocol]
    done = measured([*command, files.studies, files.reads, files.predictions])
    return replace(done, seconds=float(done.printed))


def command_line(study: Study) -> Measured:
    """`cxr510k validate`, from start to run folder."""
    files = study.files
    tables = ["--studies", files.studies, "--reads", files.reads, "--predictions", files.predictions]
    command = Path(sys.executable).with_name("cxr510k")
    with tempfile.TemporaryDirectory() as out:
        return measured([command, "validate", study.protocol, *tables, "--out", out])


def suite_rows(study: Study, title: str, *, times: int) -> Iterator[Sequence[str]]:
    """A row for each workload and for the whole command: the fastest of ``times`` runs, and the largest."""
    for words, measure in (
        ("all proportions and F1", lambda: workload(study, "counts")),
        ("the same and AUROC", lambda: workload(study, "auroc")),
        ("`cxr510k validate`, the whole command", lambda: command_line(study)),
    ):
        taken = [measure() for _ in range(times)]
        seconds, mebibytes = min(one.seconds for one in taken), max(one.mebibytes for one in taken)
        yield title, words, f"{seconds:.1f}", f"{mebibytes:,.0f}"


def by_row(estimates: Sequence[Estimate]) -> dict[Row, Estimate]:
    """Estimates by metric and subgroup."""
    return {(estimate.metric, estimate.subgroup): estimate for estimate in estimates}


def of_single_images(study: Joined) -> Joined:
    """The study as if every image were of a patient of its own: what a rival without clusters assumes."""
    return replace(study, cohort=replace(study.cohort, patient_id=study.cohort.image_id))


def largest_deviation(ours: Mapping[Row, Estimate], theirs: Intervals, contender: Contender) -> float:
    """The largest distance of a bound from the suite's, in Monte-Carlo standard errors of percentile bounds.

    The standard error of a quantile of B normal replicates is sqrt(p (1 - p) / B) / phi(z) times their standard
    deviation, which the suite's own interval gives. Rows with too few patients are left out.
    """
    z, tail = float(norm.ppf(TAILS[1])), TAILS[0]
    drawn = 1 / contender.replicates + 1 / REPLICATES
    unit = np.sqrt(tail * (1 - tail) * drawn) / norm.pdf(z) / (2 * z)
    deviations = []
    for row, interval in theirs.items():
        bounds = ours[row].intervals[contender.interval]
        if ours[row].status == "ok" and bounds is not None:
            error = unit * (bounds[1] - bounds[0])
            deviations += [abs(a - b) / error for a, b in zip(interval, bounds, strict=True)]
    return float(max(deviations))


def rival_rows(study: Joined, contenders: Sequence[Contender]) -> Iterator[tuple[Sequence[str], float]]:
    """A row for each contender, and by how many standard errors it deviates from the suite at most.

    The suite does its work before each of the contender's turns, so that whatever else the machine does falls on both.
    """
    images = images_of(study)
    for contender in contenders:
        compared = study if contender.clustered else of_single_images(study)
        own_times, times = [], []
        for turn in range(TIMES):
            begun = time.perf_counter()
            ours = all_estimates(compared, auroc=contender in OF_AUROC)
            handed_over = time.perf_counter()
            theirs = contender.rival(images, contender.replicates, turn)
            own_times.append(handed_over - begun)
            times.append((time.perf_counter() - handed_over) * REPLICATES / contender.replicates)
        own, seconds = min(own_times), min(times)
        deviation = largest_deviation(by_row(ours), theirs, contender)
        extrapolated = "" if contender.replicates == REPLICATES else f"from {contender.replicates:,}"
        row = (f"{seconds:,.1f}", extrapolated, f"{own:.2f}", f"{seconds / own:,.0f}", f"{deviation:.1f}")
        yield (contender.title, *row), deviation


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table in Markdown."""
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def main() -> None:
    """Print the tables; exit 1 where a rival's intervals are not the suite's."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn", "fairlearn")
    )
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {packages}\n"
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder, large_folder = Path(temporary, "study"), Path(temporary, "large")
        folder.mkdir()
        large_folder.mkdir()
        study = (
            real_study(SHARED_DATA, folder)
            if SHARED_DATA.is_dir()
            else synthetic_study(folder, images=5_366, patients=2_331)
        )
        large = synthetic_study(large_folder, images=112_120, patients=30_805)
        print_table(
            ["study", "work, 10,000 replicates", "seconds", "peak MiB"],
            [
                *suite_rows(study, f"{study.title}: 5,366 images, 2,331 patients", times=TIMES),
                *suite_rows(large, "synthetic: 112,120 images, 30,805 patients", times=1),
            ],
        )
        compared = list(rival_rows(joined(study), [*OF_COUNTS, *OF_AUROC]))
        header = [
            "5,366 images, 13 levels",
            "seconds",
            "extrapolated",
            "the suite beside it",
            "ratio",
            "deviation",
        ]
        print_table(header, [row for row, _ in compared])
    worst = max(deviation for _, deviation in compared)
    if worst > TOLERATED:
        sys.exit(
            f"a rival's interval lies {worst:.1f} standard errors from the suite's: not the same quantity."
        )


if __name__ == "__main__":
    main()
