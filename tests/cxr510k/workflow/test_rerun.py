"""The order of a rerun and what it says first, on a run of four images whose stages are a line of arithmetic each."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import h5py
import numpy as np
import pytest

from cxr510k.workflow.rerun import rerun_evidence
from cxr510k.workflow.stages import Stages, TrainingRun
from protocols.errors import BadInputError, NotPossibleHereError
from protocols.evidence.bundle.images_csv import ListedImage, listing_text
from protocols.evidence.bundle.layout import BundleFolder
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.evidence.reproduction.open_evidence import OpenedEvidence, opened
from protocols.evidence.reproduction.rerun_levels import Rerun
from protocols.finding import ReproductionFinding
from protocols.images.folder import ImageFolder
from protocols.images.perceptual_hash import BITS
from protocols.progress import Progress, silent
from protocols.storage.canonical import json_text, sha256_file
from protocols.storage.manifest import write_manifest
from protocols.storage.run_folder import RunFolder, RunRecord
from protocols.tables.perturbation_scores import (
    REPEATED,
    UNCHANGED,
    PerturbationFolder,
    PerturbationItem,
    PerturbationScores,
)

SCORES = {"i1": 0.2, "i2": 0.4, "i3": 0.6, "i4": 0.8}
THRESHOLD = 0.5
LIKENESS = "0" * ((BITS + 1) // 4)
ITEMS = (
    PerturbationItem(UNCHANGED, "repeat", "", "as it is", "Nothing."),
    PerturbationItem(REPEATED, "repeat", "", "again", "Nothing, again."),
)
RECORD = RunRecord("2026-01-31T12:00:00Z", "run", "0", "3", "p", "h", {}, ".", None, {}, {}, {"engine": "1"})


def write_weights(path: Path, values: list[float]) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/first/vars/0", data=np.array([1.0, 2.0]))
        file.create_dataset("layers/second/vars/0", data=np.array(values))


class Machine:
    """Stages of a machine that may compute a little otherwise; it remembers what it was asked to do."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.shift: dict[str, float] = {}
        self.shift_of_changed = 0.0
        self.weights = [3.0, 4.0]
        self.stack = {"engine": "1"}

    @property
    def stages(self) -> Stages:
        return Stages(
            self.train,
            self.predict,
            self.validate,
            self.illustrate,
            self.report,
            self.perturb,
            self.measure,
            self.time_images,
        )

    def train(self, run: RunFolder, images: ImageFolder, work: Path, progress: Progress) -> TrainingRun:
        self.asked.append("train")
        run.model.mkdir()
        write_weights(run.model / "model.weights.h5", self.weights)
        return TrainingRun("here", 1.0)

    def predict(self, run: RunFolder, images: ImageFolder, work: Path, progress: Progress) -> None:
        self.asked.append("predict")
        lines = [f"{image},{score + self.shift.get(image, 0.0):.6f},ok," for image, score in SCORES.items()]
        (run.inputs / "predictions.csv").write_text("\n".join(["image_id,score,status,reason", *lines, ""]))
        rows = [
            f"{image},1,1,{sha256_file(images.path_of(image, ''))},{'0' * 64},{LIKENESS},,"
            for image in SCORES
        ]
        header = "image_id,rows,columns,file_sha256,pixels_sha256,likeness,like,like_kind"
        (run.inputs / "images.csv").write_text("\n".join([header, *rows, ""]))

    def validate(self, run: RunFolder, progress: Progress) -> str:
        self.asked.append("validate")
        rows = [line.split(",") for line in (run.inputs / "predictions.csv").read_text().splitlines()[1:]]
        called = sum(float(row[1]) >= THRESHOLD for row in rows)
        results = {
            "schema": "cxr510k-results/1",
            "operating_point": {"threshold": THRESHOLD},
            "estimates": [{"metric": "auroc", "value": round(sum(float(row[1]) for row in rows) / 4, 6)}],
            "called": called,
        }
        run.results.write_text(json_text(results))
        lines = [f"{row[0]},{row[1]},analysed" for row in rows]
        run.line_listing.write_text("\n".join(["image_id,score,step", *lines, ""]))
        return "none"

    def illustrate(self, run: RunFolder, images: ImageFolder, work: Path, progress: Progress) -> None:
        self.asked.append("illustrate")

    def perturb(
        self, run: RunFolder, images: ImageFolder, work: Path, progress: Progress
    ) -> PerturbationScores:
        self.asked.append("perturb")
        return PerturbationScores(
            ITEMS, tuple(SCORES), np.array([[*SCORES.values()]] * 2) + self.shift_of_changed
        )

    def measure(self, run: RunFolder, battery: PerturbationFolder, progress: Progress) -> str:
        self.asked.append("measure")
        return battery.scores.read_text()

    def time_images(self, run: RunFolder, images: ImageFolder, progress: Progress) -> str:
        raise AssertionError("times are of one machine and never measured again")

    def report(self, run: RunFolder, progress: Progress) -> dict[str, str]:
        self.asked.append("report")
        for path in (run.report_pdf, run.report_html, run.summary_pdf, run.summary_html):
            path.write_bytes(run.results.read_bytes() + self.stack["engine"].encode())
        run.report_parts.mkdir()
        return self.stack


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    def same_content(one: bytes, other: bytes) -> bool:
        return one[:-1] == other[:-1]  # all but the engine that `Machine.report` writes last

    monkeypatch.setattr("cxr510k.workflow.rerun.same_content", same_content)
    return Machine()


@pytest.fixture
def run(tmp_path: Path, machine: Machine) -> RunFolder:
    """Made by the very same stages."""
    folder = RunFolder(tmp_path / "run")
    folder.inputs.mkdir(parents=True)
    folder.protocol.write_text("id")
    (folder.root / "images").mkdir()
    for image in SCORES:
        (folder.root / "images" / f"{image}.png").write_text(image)
    images = ImageFolder(folder.root, search=False)
    machine.train(folder, images, tmp_path, silent)
    machine.predict(folder, images, tmp_path, silent)
    machine.validate(folder, silent)
    machine.report(folder, silent)
    folder.write_record(RECORD)
    write_manifest(folder.root)
    machine.asked.clear()
    return folder


def again(
    run: RunFolder,
    machine: Machine,
    level: int | None,
    *,
    images: ImageFolder | None = None,
    announce: Callable[[GuardBand], None] = lambda band: None,
) -> Rerun:
    with opened(run.root, None, printed=unread) as evidence:
        return rerun_evidence(evidence, level, machine.stages, images, silent, announce=announce)


def unread(content: bytes) -> NoReturn:
    raise AssertionError("a run folder bears no signature, so no PDF of it is read")


def change_recorded_score(run: RunFolder) -> None:
    """As someone would who makes the manifest anew."""
    path = run.inputs / "predictions.csv"
    path.write_text(path.read_text().replace("i3,0.600000", "i3,0.700000"))
    write_manifest(run.root)


def test_level_1_is_identical(run: RunFolder, machine: Machine) -> None:
    done = again(run, machine, 1)
    assert (done.verdict, done.reproduced, done.first_difference) == (
        "as recorded, level 1 identical",
        True,
        None,
    )
    assert machine.asked == ["validate", "report"]


def test_level_2_says_level_1_as_well_and_what_follows_from_the_same_bytes_is_not_done_twice(
    run: RunFolder, machine: Machine
) -> None:
    done = again(run, machine, 2)
    assert done.verdict == "as recorded, level 1 identical, level 2 reproduced"
    assert ReproductionFinding("scores", True, "4 scores, identical to the byte") in done.findings
    assert machine.asked == ["validate", "report", "predict"]


def test_level_3_trains_and_draws_the_pictures_of_the_model(run: RunFolder, machine: Machine) -> None:
    done = again(run, machine, 3)
    assert done.verdict == "as recorded, level 1 identical, level 2 reproduced, level 3 identical"
    assert machine.asked[3:] == ["train", "predict", "validate", "illustrate", "report"]


def test_scores_within_the_tolerance_are_reproduced_and_never_called_identical(
    run: RunFolder, machine: Machine
) -> None:
    machine.shift = {"i2": 0.000004}
    done = again(run, machine, 2)
    assert done.verdict == "as recorded, level 1 identical, level 2 reproduced"
    scores = next(finding for finding in done.levels[2].findings if finding.what == "scores")
    assert scores.words == (
        "i2 recorded 0.400000, recomputed 0.400004, the largest of 1 differences in 4 scores: 4.0e-06, allowed 1e-05"
    )
    assert not any("identical" in finding.words for finding in done.levels[2].findings[1:])


def test_the_first_difference_names_the_image_and_both_scores(run: RunFolder, machine: Machine) -> None:
    machine.shift = {"i2": 0.00002, "i3": -0.0001}
    done = again(run, machine, 2)
    assert done.verdict == "as recorded, level 1 identical, level 2 not reproduced"
    assert done.first_difference is not None
    assert done.first_difference.what == "scores"
    assert done.first_difference.words.startswith("i3 recorded 0.600000, recomputed 0.599900,")


def test_the_first_difference_is_the_one_farthest_up_the_way_from_data_to_report(
    run: RunFolder, machine: Machine
) -> None:
    change_recorded_score(run)
    first = again(run, machine, 1).first_difference
    assert first is not None
    assert (first.what, "estimates[auroc].value: recorded 0.5, recomputed 0.525" in first.words) == (
        "results.json",
        True,
    )
    first = again(run, machine, 2).first_difference
    assert first is not None
    assert (first.what, first.words[:43]) == ("scores", "i3 recorded 0.700000, recomputed 0.600000, ")


def test_other_weights_are_named_by_layer_and_never_called_identical(
    run: RunFolder, machine: Machine
) -> None:
    machine.weights = [3.0, 4.5]
    done = again(run, machine, 3)
    assert done.verdict == "as recorded, level 1 identical, level 2 reproduced, level 3 not reproduced"
    assert done.first_difference == ReproductionFinding(
        "weights",
        False,
        "other bytes: 1 of 2 arrays differ, first layers/second/vars/0 by up to 5.0e-01; "
        "largest difference 5.0e-01 in layers/second/vars/0",
    )


def test_another_render_stack_is_content_equal_and_never_called_identical(
    run: RunFolder, machine: Machine
) -> None:
    machine.stack = {"engine": "2"}
    done = again(run, machine, 1)
    assert (done.verdict, done.reproduced) == ("as recorded, level 1 content-equal", True)


def test_after_other_results_the_report_is_not_drawn(run: RunFolder, machine: Machine) -> None:
    change_recorded_score(run)
    done = again(run, machine, 1)
    assert (
        ReproductionFinding("report.pdf", True, "as it prints the results above", "not checked")
        in done.findings
    )
    assert machine.asked == ["validate"]


def test_the_guard_band_is_told_before_anything_is_recomputed(run: RunFolder, machine: Machine) -> None:
    change_recorded_score(run)
    listing = run.line_listing.read_text().replace("i2,0.400000", "i2,0.500009")
    run.line_listing.write_text(listing + "i5,0.500000,not_test_split\n")
    write_manifest(run.root)
    told: list[tuple[GuardBand, list[str]]] = []
    again(run, machine, 1, announce=lambda band: told.append((band, list(machine.asked))))
    assert told == [(GuardBand(1e-5, 4, ("i2",)), [])]


def add_robustness(run: RunFolder, machine: Machine) -> None:
    battery = PerturbationFolder.of(run)
    battery.root.mkdir()
    scores = machine.perturb(run, ImageFolder(run.root, search=False), run.root, silent)
    battery.items.write_text(scores.items_csv())
    battery.scores.write_text(scores.scores_csv())
    battery.timing.write_text("{}")
    battery.results.write_text(machine.measure(run, battery, silent))
    write_manifest(run.root)
    machine.asked.clear()


CHANGED = [
    # by how much the scores of changed pictures move, reproduced, words
    (0.0, True, "all equal"),
    (0.000004, True, "largest difference 4.0e-06"),
    (0.00002, False, "largest difference 2.0e-05"),
]


@pytest.mark.parametrize(("shift", "reproduced", "words"), CHANGED)
def test_a_test_of_robustness_is_done_again_by_hand(
    run: RunFolder, machine: Machine, shift: float, reproduced: bool, words: str
) -> None:
    add_robustness(run, machine)
    machine.shift_of_changed = shift
    done = again(run, machine, 2)
    assert machine.asked == ["validate", "measure", "report", "predict", "perturb"]
    assert ReproductionFinding("robustness/scores.csv", reproduced, words) in done.levels[2].findings
    assert (
        ReproductionFinding("robustness/results.json", True, "identical to the byte")
        in done.levels[1].findings
    )
    assert done.reproduced == reproduced


def test_what_is_not_as_recorded_is_not_rerun(run: RunFolder, machine: Machine) -> None:
    run.protocol.write_text("other")
    done = again(run, machine, 2)
    assert (done.verdict, done.guard_band, machine.asked) == ("not as recorded", None, [])
    assert done.first_difference is not None
    assert done.first_difference.words.startswith("protocol.toml: changed since it was recorded")


def test_other_images_come_before_their_scores(run: RunFolder, machine: Machine, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(run.root / "images", tmp_path / "moved"))
    (moved / "i2.png").write_text("another picture")
    done = again(run, machine, 2, images=ImageFolder(moved, search=True))
    assert done.first_difference == ReproductionFinding("images", False, "1 are not the files of the run: i2")


def test_level_2_without_a_model_is_refused_before_any_work(run: RunFolder, machine: Machine) -> None:
    shutil.rmtree(run.model)
    write_manifest(run.root)
    with pytest.raises(NotPossibleHereError, match="holds no model/"):
        again(run, machine, 2)
    assert machine.asked == []


def test_there_is_no_level_4(run: RunFolder, machine: Machine) -> None:
    with pytest.raises(BadInputError, match="received 4"):
        again(run, machine, 4)


LISTINGS = [
    # image_root, bundled, where the images lie below the payload
    (".", "yes", ""),
    ("/where/they/were", "yes", "images"),
]


@pytest.mark.parametrize(("image_root", "bundled", "below"), LISTINGS)
def test_the_images_of_a_bundle_are_read_where_they_lie(
    run: RunFolder, tmp_path: Path, image_root: str, bundled: str, below: str
) -> None:
    evidence = bundled_evidence(run, tmp_path, image_root, bundled)
    images = evidence.images()
    assert images.root == evidence.run.root / below
    # by its row, wherever the studies table says that it was
    assert images.path_of("i1", "../../elsewhere/i1.png") == images.root / "inner" / "i1.png"


def test_images_that_were_left_out_are_asked_for(run: RunFolder, tmp_path: Path) -> None:
    evidence = bundled_evidence(run, tmp_path, ".", "no")
    with pytest.raises(NotPossibleHereError, match="were left out; name their folder with --images"):
        evidence.images()


def bundled_evidence(run: RunFolder, tmp_path: Path, image_root: str, bundled: str) -> OpenedEvidence:
    bundle = BundleFolder(tmp_path / "bundle")
    shutil.copytree(run.root, bundle.data)
    bundle.run.write_record(replace(RECORD, image_root=image_root))
    row = ListedImage("i1", "p1", "", "inner/i1.png", 1, "0" * 64, "", "ok", "", bundled == "yes")
    bundle.images_csv.write_text(listing_text([row]), encoding="utf-8")
    with opened(run.root, None, printed=unread) as evidence:
        return replace(evidence, run=bundle.run, bundle=bundle)
