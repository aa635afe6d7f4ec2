"""The simulation of draft labelling: its studies against theory, its shortcut against itself, a few null studies."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from reports.content.labelling import UnderperformingLevel
from tests.benchmarks.coverage import labelled_studies
from tests.benchmarks.coverage.labelled_studies import (
    Labelled,
    LabelledCell,
    drafted,
    labelled,
    labelled_cells,
    simulated_study,
)
from tests.benchmarks.coverage.scores import the_protocol
from tests.reports.content.test_estimate_rows import estimate
from tests.reports.content.test_labelling import GAP
from validation.results.results import Subgroup

NULL = LabelledCell(400, "1 to 8", 0.3, unequal=False, auroc=0.85)
WORSE = replace(NULL, auroc=0.9, worse="sex", worse_by=0.3)


def sentence(lower: Subgroup, higher: Subgroup, metric: str = "sensitivity") -> UnderperformingLevel:
    return UnderperformingLevel(
        metric, lower, estimate(metric, lower.level), higher, estimate(metric, higher.level), GAP
    )


@pytest.mark.parametrize(
    ("axis", "lower", "higher", "metric", "expected"),
    [
        ("sex", "B", "A", "sensitivity", True),
        ("sex", "B", "A", "AUROC", True),
        ("sex", "B", "A", "specificity", False),  # is the same
        ("sex", "A", "B", "sensitivity", False),  # the other way round
        ("site", "B", "A", "sensitivity", False),  # another axis
        ("sex,age_years", "B,A", "A,C", "sensitivity", True),
        ("sex,age_years", "B,A", "B,C", "sensitivity", False),  # both of the worse level
    ],
)
def test_a_sentence_is_right_or_wrong_by_hand(
    axis: str, lower: str, higher: str, metric: str, expected: bool
) -> None:
    one = sentence(Subgroup(axis, lower), Subgroup(axis, higher), metric)
    assert WORSE.holds(one) == expected
    assert not NULL.holds(one)


def test_the_worse_level_against_theory() -> None:
    cell = LabelledCell(60_000, "1", 0.0, unequal=True, auroc=0.9, worse="site", worse_by=0.2)
    cohort, axes = simulated_study(cell, np.random.default_rng(1))
    site = next(axis for axis in axes if axis.name == "site")
    for level, expected in (("A", cell.sensitivity), ("E", cell.sensitivity - 0.2)):
        there = site.members(level)
        assert cohort.called[there & (cohort.truth == 1)].mean() == pytest.approx(expected, abs=0.04)
        assert cohort.called[there & (cohort.truth == 0)].mean() == pytest.approx(0.2, abs=0.03)


def test_axes_of_a_study_by_hand() -> None:
    cohort, axes = simulated_study(NULL, np.random.default_rng(1))
    views = next(axis for axis in axes if axis.name == "view")
    assert [len(axis.levels) for axis in axes] == [2, 3, 5, 3, 2, 6]
    patients = np.array(cohort.patient_id)
    both = set(patients[views.members("A")]) & set(patients[views.members("B")])
    assert len(both) > 100  # the view alone differs between images of a patient
    for axis in axes:
        if axis is not views:
            assert len(set(zip(cohort.patient_id, axis.codes.tolist(), strict=True))) == 400


@pytest.mark.parametrize("cell", [NULL, replace(WORSE, patients=200)], ids=["null", "worse"])
def test_what_is_not_resampled_drafts_nothing_against_itself(
    cell: LabelledCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(2)
    studies = [simulated_study(cell, random) for _ in range(4)]
    quickly = [drafted(*study, the_protocol()) for study in studies]
    sentences, first = labelled_studies._sentences, itertools.cycle([True, False])
    monkeypatch.setattr(
        labelled_studies, "_sentences", lambda *study: ("resample",) if next(first) else sentences(*study)
    )
    assert [drafted(*study, the_protocol()) for study in studies] == quickly


def test_null_studies_seldom_draft_a_sentence_against_theory() -> None:
    done = labelled(NULL, studies=20, seed=[510, 6])
    assert done.wrong <= binom.ppf(0.999, 20, 0.05)
    assert done.found == 0


@pytest.mark.slow
@pytest.mark.parametrize("cell", labelled_cells()[:10])
def test_null_studies_of_every_kind_against_theory(cell: LabelledCell) -> None:
    assert labelled(cell, studies=100, seed=[510, 7]).wrong <= binom.ppf(0.999, 100, 0.05)


def test_a_large_difference_is_named_by_hand() -> None:
    assert labelled(WORSE, studies=5, seed=[510, 8]).found == 5


@pytest.mark.parametrize(("wrong", "expected"), [(20, "passes"), (45, "open"), (80, "fails")])
def test_a_proportion_of_false_sentences_is_judged_with_its_limits_by_hand(wrong: int, expected: str) -> None:
    assert Labelled(studies=1_000, wrong=wrong, found=0).judgement == expected


def test_an_open_judgement_is_refined_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled_studies, "drafted", lambda *_: ())
    assert labelled(NULL, studies=10, seed=[1], refined=30).studies == 30  # 0 of 10: up to 31 %
    assert labelled(NULL, studies=100, seed=[1], refined=200).studies == 100  # 0 of 100: up to 3.6 %
