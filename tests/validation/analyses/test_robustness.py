"""Paired differences, flips and cautions: by hand, and by a plain loop over the replicates."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from protocols.errors import EvidenceDiffersError
from protocols.progress import silent
from protocols.schema.load import load_protocol
from protocols.storage.canonical import sha256_file, write_text
from protocols.storage.run_folder import RunFolder
from protocols.tables.perturbation_scores import (
    PerturbationFolder,
    PerturbationItem,
    PerturbationScores,
    Withheld,
)
from tests.conftest import Study
from validation.analyses.robustness import robustness
from validation.cohort.inputs import input_files
from validation.intervals.bootstrap import draw
from validation.results.results import results_from_json
from validation.results.robustness_results import Perturbed, RobustnessResults, robustness_from_json
from validation.run import validate

THRESHOLD = 0.5
REPEATS = (
    PerturbationItem("unchanged", "repeat", "", "unchanged", "As it is."),
    PerturbationItem("repeated", "repeat", "", "again", "As it is, once more."),
)


def item(id_: str, withholds: Withheld = "") -> PerturbationItem:
    return PerturbationItem(id_, "shortcut" if withholds else "perturbation", withholds, id_, f"{id_}.")


@pytest.fixture
def run(study: Study, tmp_path: Path) -> RunFolder:
    """The small study of 60 patients with two images each, validated."""
    made = RunFolder(tmp_path / "run")
    made.inputs.mkdir(parents=True)
    shutil.copy(study.protocol, made.protocol)
    for table in (study.studies, study.reads, study.predictions):
        shutil.copy(table, made.inputs / table.name)
    revalidate(made)
    return made


def revalidate(run: RunFolder) -> None:
    loaded = load_protocol(run.protocol)
    write_text(run.results, validate(loaded, input_files(run, loaded.protocol), silent).results.to_json())


def predictions(run: RunFolder) -> tuple[tuple[str, ...], np.ndarray]:
    rows = [line.split(",") for line in (run.inputs / "predictions.csv").read_text().splitlines()[1:]]
    return tuple(row[0] for row in rows), np.array([round(float(row[1]), 6) for row in rows])


def battery(
    run: RunFolder, items: Mapping[PerturbationItem, np.ndarray], *, repeated: np.ndarray | None = None
) -> None:
    """Write the tables of some items, the unchanged scores being the predicted ones."""
    image_id, unchanged = predictions(run)
    score = np.stack([unchanged, unchanged if repeated is None else repeated, *items.values()])
    folder = PerturbationFolder.of(run)
    folder.root.mkdir(exist_ok=True)
    made = PerturbationScores((*REPEATS, *items), image_id, score)
    write_text(folder.items, made.items_csv())
    write_text(folder.scores, made.scores_csv())


def measured(run: RunFolder) -> RobustnessResults:
    return robustness(run, PerturbationFolder.of(run), silent)


def of(results: RobustnessResults, id_: str) -> Perturbed:
    return next(one for one in results.perturbed if one.id == id_)


def about(results: RobustnessResults) -> list[str]:
    return [caution.about for caution in results.cautions]


def truth_of(image_id: tuple[str, ...]) -> np.ndarray:
    """As the fixture makes it: every second patient is positive."""
    return np.array([(int(image[1:]) // 2) % 2 == 0 for image in image_id])


def shaken(run: RunFolder, deviation: float = 0.3) -> np.ndarray:
    _, unchanged = predictions(run)
    moved = unchanged + np.random.default_rng(7).normal(0, deviation, len(unchanged))
    return np.round(moved.clip(0, 1), 6)


def test_equal_scores_have_no_difference_and_no_interval(run: RunFolder) -> None:
    _, unchanged = predictions(run)
    battery(run, {item("nothing"): unchanged})
    results = measured(run)
    one = of(results, "nothing")
    for change in one.changes:
        assert (change.difference.value, change.difference.interval) == (0.0, None)
        assert change.difference.note == "the same on every draw"
    assert (one.flips.to_negative, one.flips.to_positive, one.flips.share.value) == (0, 0, 0.0)
    assert one.flips.share.interval is not None
    assert one.flips.share.interval[1] > 0
    assert (one.mean_change, one.largest_change) == (0.0, 0.0)
    assert results.repeatability.scores_differing == 0
    assert results.largest_from_predictions == 0


def test_unchanged_metrics_are_those_of_the_run(run: RunFolder) -> None:
    battery(run, {item("shaken"): shaken(run)})
    recorded = results_from_json(run.results.read_bytes(), source="")
    for base in measured(run).unchanged:
        estimate = recorded.estimate(base.metric)
        assert (base.value.value, base.value.interval) == (estimate.value, estimate.decision)


def plain(called: np.ndarray, score: np.ndarray, truth: np.ndarray) -> list[float]:
    """Sensitivity, specificity and AUROC from their definitions."""
    above = score[truth][:, None] - score[~truth][None, :]
    area = ((above > 0).sum() + (above == 0).sum() / 2) / above.size
    return [called[truth].mean(), 1 - called[~truth].mean(), float(area)]


def test_differences_against_a_plain_loop_over_the_replicates(run: RunFolder) -> None:
    """Each of the run's 1,000 replicates in a loop: patients with all their images, both scores in the same one."""
    changed = shaken(run)
    battery(run, {item("shaken"): changed})
    results = measured(run)
    image_id, unchanged = predictions(run)
    truth = truth_of(image_id)
    patients = sorted({f"p{int(image[1:]) // 2:02}" for image in image_id})
    rows_of = [
        np.flatnonzero([int(image[1:]) // 2 == int(one[1:]) for image in image_id]) for one in patients
    ]
    differences = []
    for replicate in range(results.resampling.replicates):
        drawn = draw(results.resampling.seed, replicate, [len(patients)])
        rows = np.concatenate([rows_of[place] for place in drawn])
        before, after = (
            plain(score[rows] >= THRESHOLD, score[rows], truth[rows]) for score in (unchanged, changed)
        )
        differences.append(np.subtract(after, before))
    lows, highs = np.quantile(differences, [0.025, 0.975], axis=0)
    values = np.subtract(
        plain(changed >= THRESHOLD, changed, truth), plain(unchanged >= THRESHOLD, unchanged, truth)
    )
    for place, metric in enumerate(("sensitivity", "specificity", "auroc")):
        difference = of(results, "shaken").change(metric).difference
        assert difference.value == pytest.approx(values[place], abs=1e-9)
        assert difference.interval == pytest.approx((lows[place], highs[place]), abs=1e-9)


def test_pairing_makes_intervals_narrower_than_those_of_two_studies(run: RunFolder) -> None:
    battery(run, {item("shaken"): shaken(run, 0.05)})
    results = measured(run)
    change = of(results, "shaken").change("auroc")
    base = next(one.value for one in results.unchanged if one.metric == "auroc")
    assert change.difference.interval is not None
    assert base.interval is not None
    paired, alone = (high - low for low, high in (change.difference.interval, base.interval))
    assert paired < alone / 2


def test_flips_and_changes_of_scores_by_hand(run: RunFolder) -> None:
    image_id, unchanged = predictions(run)
    changed = unchanged.copy()
    called = np.flatnonzero(unchanged >= THRESHOLD)
    others = np.flatnonzero(unchanged < THRESHOLD)
    changed[called[:3]] = 0.49
    changed[others[:2]] = 0.5
    battery(run, {item("five"): changed})
    one = of(measured(run), "five")
    assert (one.flips.images, one.flips.to_negative, one.flips.to_positive) == (len(image_id), 3, 2)
    assert one.flips.share.value == pytest.approx(5 / len(image_id), abs=1e-9)
    distance = np.abs(changed - unchanged)
    assert one.mean_change == pytest.approx(distance.mean(), abs=1e-6)
    assert one.largest_change == pytest.approx(distance.max(), abs=1e-6)
    assert (one.lowest_score, one.highest_score) == (changed.min(), changed.max())


def test_an_answer_that_is_no_number_is_an_error_of_its_class(run: RunFolder) -> None:
    """As a missing score everywhere: worst case, also in the order of scores; flips leave the image out."""
    image_id, unchanged = predictions(run)
    truth = truth_of(image_id)
    right = np.flatnonzero(truth & (unchanged >= THRESHOLD))
    changed = unchanged.copy()
    changed[right[:4]] = np.nan
    battery(run, {item("silent"): changed})
    one = of(measured(run), "silent")
    assert one.change("sensitivity").difference.value == pytest.approx(-4 / truth.sum(), abs=1e-9)
    assert one.change("specificity").difference.value == 0
    auroc = one.change("auroc").difference.value
    assert auroc is not None
    assert auroc < 0
    assert one.flips.images == len(image_id) - 4


def test_no_answer_at_all_is_reported(run: RunFolder) -> None:
    _, unchanged = predictions(run)
    battery(run, {item("silent"): np.full(len(unchanged), np.nan)})
    results = measured(run)
    one = of(results, "silent")
    assert (one.mean_change, one.largest_change, one.lowest_score, one.highest_score) == (None,) * 4
    assert one.flips.share.note == "not estimable: no image has both scores"
    assert one.change("auroc").value.value == 0.0
    assert robustness_from_json(results.to_json().encode(), source="") == results


def test_only_analysed_patients_are_resampled_also_when_missing_scores_leave(run: RunFolder) -> None:
    """A score that the change takes away does not make its image leave: differences stay paired."""
    write_text(run.protocol, run.protocol.read_text() + '[missing]\nnot_processed = "exclude"\n')
    revalidate(run)
    _, unchanged = predictions(run)
    changed = unchanged.copy()
    changed[:2] = np.nan
    battery(run, {item("silent"): changed})
    assert measured(run).resampling.draws_sha256


def test_results_are_identified_and_come_back(run: RunFolder) -> None:
    battery(run, {item("shaken"): shaken(run)})
    results = measured(run)
    folder = PerturbationFolder.of(run)
    assert results.identities.results_sha256 == sha256_file(run.results)
    assert results.identities.predictions_sha256 == sha256_file(run.inputs / "predictions.csv")
    assert results.identities.scores_sha256 == sha256_file(folder.scores)
    assert results.identities.perturbations_sha256 == sha256_file(folder.items)
    assert robustness_from_json(results.to_json().encode(), source="") == results
    assert measured(run).to_json() == results.to_json()


def test_repeatability_by_hand(run: RunFolder) -> None:
    _, unchanged = predictions(run)
    again = unchanged.copy()
    again[0] += 1e-6
    again[int(np.argmax(unchanged >= THRESHOLD))] = 0.4
    battery(run, {}, repeated=again)
    results = measured(run)
    found = results.repeatability
    assert found.decisions_differing == 1
    assert found.scores_differing == len({0, int(np.argmax(unchanged >= THRESHOLD))})
    assert found.largest_difference == pytest.approx(np.abs(again - unchanged).max(), abs=1e-9)
    assert about(results) == ["repeated"]


LUNGS, MARKERS, FLAT = item("hidden", "lungs"), item("corners", "markers"), item("flat", "everything")


@pytest.mark.parametrize(
    ("one", "scores", "expected"),
    [
        # Nothing is lost without lungs: above chance, and no change shown.
        (LUNGS, lambda unchanged, truth: unchanged, ["hidden", "hidden"]),
        # Something is lost, yet what is left separates.
        (
            LUNGS,
            lambda unchanged, truth: np.where(
                np.arange(120) % 3 == 0, unchanged, np.random.default_rng(4).random(120).round(6)
            ),
            ["hidden"],
        ),
        # As it should be: chance is left.
        (LUNGS, lambda unchanged, truth: np.random.default_rng(3).random(120).round(6), []),
        (FLAT, lambda unchanged, truth: np.full(120, 0.3), []),
        # Exposure alone gives the truth away.
        (FLAT, lambda unchanged, truth: np.where(truth, 0.9, 0.1), ["flat"]),
        (MARKERS, lambda unchanged, truth: unchanged, []),
        (MARKERS, lambda unchanged, truth: np.random.default_rng(3).random(120).round(6), ["corners"]),
        # What is no shortcut may change as it likes.
        (item("noise"), lambda unchanged, truth: np.random.default_rng(3).random(120).round(6), []),
    ],
)
def test_cautions_by_their_rules(
    one: PerturbationItem,
    scores: Callable[[np.ndarray, np.ndarray], np.ndarray],
    expected: list[str],
    run: RunFolder,
) -> None:
    image_id, unchanged = predictions(run)
    battery(run, {one: scores(unchanged, truth_of(image_id))})
    assert about(measured(run)) == expected


def test_a_device_without_skill_has_nothing_to_lose(run: RunFolder) -> None:
    image_id, _ = predictions(run)
    chance = np.random.default_rng(3).random(len(image_id)).round(6)
    rows = [f"{image},{score:.6f}" for image, score in zip(image_id, chance, strict=True)]
    write_text(run.inputs / "predictions.csv", "\n".join(["image_id,score", *rows]) + "\n")
    revalidate(run)
    battery(run, {LUNGS: chance})
    assert about(measured(run)) == []


def test_scores_of_another_device_are_refused(run: RunFolder) -> None:
    battery(run, {})
    text = PerturbationFolder.of(run).scores.read_text()
    first = text.splitlines()[1]
    image, name, score = first.split(",")
    write_text(
        PerturbationFolder.of(run).scores, text.replace(first, f"{image},{name},{float(score) - 2e-5:.6f}")
    )
    with pytest.raises(EvidenceDiffersError, match="2e-05 from the run's prediction"):
        measured(run)


def test_scores_of_other_images_are_refused(run: RunFolder) -> None:
    battery(run, {})
    folder = PerturbationFolder.of(run)
    write_text(folder.scores, folder.scores.read_text().replace("i007", "i999"))
    with pytest.raises(EvidenceDiffersError, match="not of the same"):
        measured(run)


def test_results_from_other_resamples_are_refused(run: RunFolder) -> None:
    battery(run, {})
    write_text(run.protocol, run.protocol.read_text().replace("replicates = 1000", "replicates = 1500"))
    with pytest.raises(EvidenceDiffersError, match="other resamples"):
        measured(run)
