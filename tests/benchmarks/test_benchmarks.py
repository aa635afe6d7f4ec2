"""The benchmark's functions on fifty patients: that they run, and that every rival gives the suite's intervals."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.engine import Joined, all_estimates, joined
from tests.benchmarks.process import measured
from tests.benchmarks.rivals import images_of
from tests.benchmarks.statistics import (
    OF_AUROC,
    OF_COUNTS,
    TOLERATED,
    Contender,
    by_row,
    largest_deviation,
    of_single_images,
)
from tests.benchmarks.studies import synthetic_study


@pytest.fixture(scope="module")
def hundred_and_twenty_patients(tmp_path_factory: pytest.TempPathFactory) -> Joined:
    folder = tmp_path_factory.mktemp("study")
    return joined(synthetic_study(folder, images=300, patients=120, replicates=1_000))


# Where a level has few patients the rivals warn; the suite says why there is no interval.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("contender", [*OF_COUNTS, *OF_AUROC], ids=lambda contender: contender.rival.__name__)
def test_a_rival_gives_the_suites_intervals(
    hundred_and_twenty_patients: Joined, contender: Contender
) -> None:
    compared = (
        hundred_and_twenty_patients if contender.clustered else of_single_images(hundred_and_twenty_patients)
    )
    ours = by_row(all_estimates(compared, auroc=contender in OF_AUROC))
    few = replace(contender, replicates=10)
    theirs = few.rival(images_of(hundred_and_twenty_patients), few.replicates, 1)
    assert largest_deviation(ours, theirs, few) < TOLERATED


def test_the_synthetic_study_has_the_size_asked_for_by_hand(tmp_path: Path) -> None:
    study = joined(synthetic_study(tmp_path, images=120, patients=50))
    assert (len(study.cohort.image_id), len(set(study.cohort.patient_id))) == (120, 50)


def test_a_process_is_measured_by_hand() -> None:
    done = measured([sys.executable, "-c", "block = b'x' * 100 * 2**20; print(len(block))"])
    assert done.printed == "104857600\n"
    assert 100 < done.mebibytes < 150
