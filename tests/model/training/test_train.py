"""Training on sixty tiny images: it learns, is reproducible to the bit, and stops with a reason."""

import csv
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artifact.model_folder import load
from model.artifact.operating_point import choose
from model.data.pack.pack import fitted
from model.inference.predict import logits, scores
from model.runtime import keras
from model.training import epochs
from model.training import train as training
from model.training.learning_rate import learning_rate_schedule
from model.training.train import TrainedModel
from protocols.errors import BadInputError, NotPossibleHereError
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder
from protocols.schema.load import LoadedProtocol
from protocols.schema.protocol import Protocol
from protocols.storage.canonical import sha256_file
from tests.records import changed

REPOSITORY = Path(__file__).parents[3]
FILES = [
    "history.csv",
    "images.csv",
    "model.weights.h5",
    "operating_point.json",
    "plan.json",
    "tuning_curve.csv",
]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_model_folder_has_six_files(trained: Any) -> None:
    assert sorted(files_of(trained.folder)) == FILES


def test_network_learns_the_discs(trained: Any) -> None:
    assert trained.plan.tune_auroc > 0.9


def test_best_epoch_is_the_first_of_the_highest_auroc(trained: Any) -> None:
    highest = max(epoch.tune_auroc for epoch in trained.history)
    assert trained.plan.best_epoch == next(e.epoch for e in trained.history if e.tune_auroc == highest)


def test_operating_point_is_frozen_with_the_weights_hash(trained: Any) -> None:
    record = json.loads((trained.folder / "operating_point.json").read_text())
    assert record["weights_sha256"] == sha256_file(trained.folder / "model.weights.h5")
    assert record["threshold"] == trained.operating_point.threshold == round(record["threshold"], 6)


def test_plan_counts_who_trained_and_who_tuned(trained: Any) -> None:
    split = trained.plan.split
    assert (split.origin, split.salt, split.tune_share) == ("hash", "discs", 0.3)
    assert split.train.patients + split.tune.patients == 40
    assert split.train.images + split.tune.images + split.train.unlabelled + split.tune.unlabelled == 80


def test_history_is_the_same_as_in_the_result(trained: Any) -> None:
    lines = (trained.folder / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,learning_rate,loss,tune_loss,tune_auroc,tune_auroc_mean"
    assert lines[1:] == [
        f"{e.epoch},{e.learning_rate:.9f},{e.loss:.6f},{e.tune_loss:.6f},{e.tune_auroc:.6f},{e.tune_auroc_mean:.6f}"
        for e in trained.history
    ]


def train_again(
    loaded: LoadedProtocol,
    cohort: Any,
    folder: Path,
    progress: Any,
    *,
    images: ImageFolder | None = None,
    device: str = "cpu",
    initial_weights: Path | None = None,
) -> TrainedModel:
    return training.train(
        loaded,
        cohort.studies,
        cohort.labels,
        images or cohort.images,
        folder / "model",
        work=folder / "work",
        device=device,
        progress=progress,
        initial_weights=initial_weights,
    )


def test_second_training_gives_the_same_bytes(
    trained: Any, cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    again = train_again(protocol(), cohort, tmp_path, progress)
    assert files_of(again.folder) == files_of(trained.folder)


IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from model.training.train import train
from protocols.images.folder import ImageFolder
from protocols.images.decode import read_image
from protocols.schema.load import load_protocol
from protocols.tables.checks import labels_from, studies_from
from protocols.tables.reading import read_table
cohort, out = Path(sys.argv[1]), Path(sys.argv[2])
done = train(
    load_protocol(out.parent / "protocol.toml"),
    studies_from(read_table(cohort / "studies.csv")),
    labels_from(read_table(cohort / "labels.csv")),
    ImageFolder(cohort, search=False),
    out,
    work=out.parent / "work",
    device="cpu",
    progress=lambda *_: None,
)
print(done.plan.backend, done.plan.tune_auroc)
"""


def in_another_process(loaded: LoadedProtocol, cohort: Any, out: Path, **environment: str) -> str:
    (out.parent / "protocol.toml").write_bytes(loaded.content)
    done = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(cohort.folder), str(out)],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(
    trained: Any, cohort: Any, protocol: Callable[..., LoadedProtocol], tmp_path: Path
) -> None:
    in_another_process(
        protocol(), cohort, tmp_path / "model", PYTHONHASHSEED="7", TZ="Asia/Tokyo", LC_ALL="C"
    )
    assert files_of(tmp_path / "model") == files_of(trained.folder)


@pytest.mark.slow
def test_same_code_trains_on_the_jax_backend(
    cohort: Any, protocol: Callable[..., LoadedProtocol], tmp_path: Path
) -> None:
    said = in_another_process(protocol(epochs=3), cohort, tmp_path / "model", KERAS_BACKEND="jax")
    backend, auroc = said.split()
    assert backend == "jax" and float(auroc) > 0.8


@pytest.mark.slow
def test_densenet121_trains(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    done = train_again(protocol(network="densenet121", epochs=1), cohort, tmp_path, progress)
    assert len(done.history) == 1 and done.plan.training.network == "densenet121"


@pytest.mark.slow
def test_bfloat16_learns_and_is_judged_in_float32(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    done = train_again(protocol(precision="bfloat16"), cohort, tmp_path, progress)
    assert done.plan.tune_auroc > 0.9
    loaded = load(done.folder)
    assert {weight.dtype.name for weight in loaded.model.get_weights()} == {"float32"}
    assert loaded.model.get_layer("block1_first_conv").compute_dtype == "float32"


def test_patience_ends_the_training_and_the_best_weights_are_kept(
    cohort: Any,
    protocol: Callable[..., LoadedProtocol],
    progress: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = iter([0.6, 0.8, 0.7, 0.8, 0.5, 0.9])  # the second is best; three later ones do not exceed it
    monkeypatch.setattr(epochs, "auroc_of_heads", lambda scores, labels: (next(judged),))
    seen: list[Any] = []

    def watched(model: keras.Model, pixels: Any, *, rows: Any) -> Any:
        seen.append(model.get_weights()[0])
        return logits(model, pixels, rows=rows)

    monkeypatch.setattr(epochs, "logits", watched)
    done = train_again(protocol(epochs=9), cohort, tmp_path, progress)
    assert [epoch.tune_auroc for epoch in done.history] == [0.6, 0.8, 0.7, 0.8, 0.5]
    assert done.plan.best_epoch == 2
    chosen_with, last_epoch = seen[-1], seen[-2]
    assert np.array_equal(chosen_with, seen[1]) and not np.array_equal(chosen_with, last_epoch)


def refused(
    cohort: Any, loaded: LoadedProtocol, folder: Path, progress: Any, **options: Any
) -> pytest.ExceptionInfo[BaseException]:
    with pytest.raises((BadInputError, NotPossibleHereError)) as refusal:
        train_again(loaded, cohort, folder, progress, **options)
    assert not (folder / "model").exists()
    return refusal


def test_loss_that_is_not_a_number_stops_with_its_steps(
    cohort: Any,
    protocol: Callable[..., LoadedProtocol],
    progress: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keras.optimizers, "AdamW", lambda *_, **__: keras.optimizers.SGD(float("inf")))
    refusal = refused(cohort, protocol(), tmp_path, progress)
    assert refusal.match(
        r"the loss or a tuning score is not a finite number in epoch 1 \(steps 1 to 2\); "
        r"lower \[training\] learning_rate, which is 0.003"
    )


def test_every_unreadable_image_is_listed(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(cohort.folder, folder)
    (folder / "images" / "d-001-0.png").write_bytes(b"")
    (folder / "images" / "d-000-0.png").write_bytes(b"<html>")
    (folder / "images" / "d-002-0.png").write_bytes(b"of a test patient: never opened")
    refusal = refused(cohort, protocol(), tmp_path, progress, images=ImageFolder(folder, search=False))
    assert refusal.match(
        r"2 of the 7\d images to train on cannot be read.*: d-000-0 is neither.*; d-001-0 is empty \(0 bytes\)\.$"
    )


def test_of_many_unreadable_images_twenty_are_named(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refusal = refused(cohort, protocol(), tmp_path, progress, images=ImageFolder(empty, search=True))
    assert str(refusal.value).count("there is no file named") == 20
    assert refusal.match(r"; and 5\d more\.$")


def test_protocol_without_training_is_refused(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    loaded = protocol()
    bare: Protocol = loaded.protocol.model_copy(update={"training": None})
    refusal = refused(cohort, LoadedProtocol(bare, b"", ""), tmp_path, progress)
    assert refusal.match(r"'discs': `train` needs the table \[training\]")


def test_one_kind_of_label_is_refused(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    refused(cohort, protocol(label="always"), tmp_path, progress).match("and 0 have 0; both kinds")


def test_absent_gpu_is_refused(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU, so nothing is to be refused")
    refused(cohort, protocol(), tmp_path, progress, device="gpu").match("sees no GPU")


def test_learning_rate_against_theory(protocol: Callable[..., LoadedProtocol]) -> None:
    plain, warm = (protocol(epochs=6, warmup_epochs=warmup).protocol.training for warmup in (0, 2))
    steps, most = 10, 0.003

    def cosine(share: float) -> float:
        return most * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)

    def rates(training: Any, at: list[int]) -> list[float]:
        schedule = learning_rate_schedule(training, steps)
        return [float(keras.ops.convert_to_numpy(schedule(step))) for step in at]

    assert rates(plain, [0, 15, 60]) == pytest.approx([most, cosine(0.25), 0.01 * most], rel=1e-5)
    line = [0.01 * most, 0.01 * most + 0.99 * most * 5 / 20]
    assert rates(warm, [0, 5, 20, 30, 60]) == pytest.approx(
        [*line, most, cosine(0.25), 0.01 * most], rel=1e-5
    )


def test_optimizer_is_that_of_the_protocol(protocol: Callable[..., LoadedProtocol]) -> None:
    asked = protocol().protocol.training
    assert asked is not None
    learner, _, _ = epochs._networks(
        asked, learning_rate_schedule(asked, 4), keras.losses.MeanSquaredError(), None
    )
    assert (learner.optimizer.global_clipnorm, learner.optimizer.weight_decay) == (1.0, 0.0001)
    kept = {
        variable.path.rpartition("/")[2]
        for variable in learner.trainable_variables
        if not learner.optimizer._use_weight_decay(variable)
    }
    assert kept == {"bias", "beta", "gamma"}


@pytest.fixture(scope="module")
def two_heads(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path_factory: Any
) -> TrainedModel:
    """Two findings, of which one is always present; two training images and a test image are lateral."""
    lateral = {"d-000-1", "d-001-0", "d-002-0"}
    views = tuple("LATERAL" if name in lateral else "PA" for name in cohort.studies.image_id)
    seen = replace(cohort, studies=changed(cohort.studies, view=views))
    loaded = protocol(heads=["always", "disc"], epochs=4, calibration="platt")
    return train_again(loaded, seen, tmp_path_factory.mktemp("two"), progress)


def test_every_head_is_counted_and_the_unlearnt_one_reported(two_heads: TrainedModel) -> None:
    plan = two_heads.plan
    always, disc = plan.heads
    assert (always.finding, always.train_negatives, always.tune_negatives, always.tune_auroc) == (
        "always",
        0,
        0,
        None,
    )
    assert disc.tune_auroc == plan.tune_auroc > 0.8
    train = plan.split.train
    assert (disc.train_positives, disc.train_negatives) == (train.positives, train.negatives)
    assert train.positives + train.negatives + train.primary_unknown == train.images == always.train_positives
    assert train.primary_unknown > 0 and train.unlabelled == 0
    assert "not learnt, since the train images have one class only: 'always'" in two_heads.notes
    assert [epoch.tune_auroc_mean for epoch in two_heads.history] == [
        epoch.tune_auroc for epoch in two_heads.history
    ]


def test_images_out_of_scope_do_not_train_and_are_counted_by_reason(two_heads: TrainedModel) -> None:
    split = two_heads.plan.split
    refused = [*split.train.out_of_scope.items(), *split.tune.out_of_scope.items()]
    assert sum(count for _, count in refused) == 2
    assert all("LATERAL" in reason for reason, _ in refused)
    assert split.train.images + split.tune.images == 78
    rows = list(csv.DictReader((two_heads.folder / "images.csv").read_text().splitlines()))
    assert len(rows) == 78 and not {"d-000-1", "d-001-0"} & {row["image_id"] for row in rows}
    assert sum(row["split"] == "tune" for row in rows) == split.tune.images


def test_threshold_is_chosen_on_the_calibrated_scores_that_predict_writes(
    two_heads: TrainedModel, cohort: Any
) -> None:
    loaded = load(two_heads.folder)
    assert loaded.calibration.method == "platt"
    rows = csv.DictReader((two_heads.folder / "images.csv").read_text().splitlines())
    names = [row["image_id"] for row in rows if row["split"] == "tune"]
    known = dict(zip(cohort.labels.image_id, cohort.labels.findings["disc"], strict=True))
    names = [name for name in names if not np.isnan(known[name])]
    pictures = [read_image(cohort.folder / "images" / f"{name}.png").pixels for name in names]
    pixels = np.stack([fitted(picture, 32) for picture in pictures])
    labels = np.array([known[name] for name in names], dtype=np.int64)
    assert choose("youden", scores(loaded, pixels), labels).threshold == two_heads.operating_point.threshold
    curve = list(csv.DictReader((two_heads.folder / "tuning_curve.csv").read_text().splitlines()))
    chosen = next(row for row in curve if float(row["threshold"]) == two_heads.operating_point.threshold)
    assert float(chosen["sensitivity"]) == pytest.approx(
        two_heads.operating_point.chosen_on.sensitivity, abs=1e-6
    )
    assert curve[-1]["sensitivity"] == "1.000000"


@pytest.fixture
def leaking(cohort: Any, trained: Any, tmp_path: Path) -> tuple[ImageFolder, str, str]:
    """A copy of the cohort in which a tuning image duplicates a training image."""
    rows = list(csv.DictReader((trained.folder / "images.csv").read_text().splitlines()))
    train, tune = (
        next(row["image_id"] for row in rows if row["split"] == split) for split in ("train", "tune")
    )
    folder = Path(shutil.copytree(cohort.folder, tmp_path / "copy"))
    shutil.copy(folder / "images" / f"{train}.png", folder / "images" / f"{tune}.png")
    return ImageFolder(folder, search=False), train, tune


def test_leakage_refuses_a_confirmatory_training(
    leaking: tuple[ImageFolder, str, str],
    cohort: Any,
    protocol: Callable[..., LoadedProtocol],
    progress: Any,
    tmp_path: Path,
) -> None:
    images, train, tune = leaking
    refused(cohort, protocol(stage="confirmatory"), tmp_path, progress, images=images).match(
        "1 tuning images are also training images under another patient_id, .*: "
        f"{tune} is the same as {train}."
    )


@pytest.mark.slow
def test_leakage_is_counted_in_an_exploratory_training(
    leaking: tuple[ImageFolder, str, str],
    trained: Any,
    cohort: Any,
    protocol: Callable[..., LoadedProtocol],
    progress: Any,
    tmp_path: Path,
) -> None:
    images, train, tune = leaking
    done = train_again(protocol(epochs=1), cohort, tmp_path, progress, images=images)
    assert (done.plan.leakage.identical, trained.plan.leakage.identical) == (1, 0)
    assert any(note.startswith("leakage: 1 tuning images are identical") for note in done.notes)
    rows = csv.DictReader((done.folder / "images.csv").read_text().splitlines())
    assert [(row["image_id"], row["like"]) for row in rows if row["like_kind"] == "identical"] == [
        (tune, train)
    ]


@pytest.mark.slow
def test_training_begins_with_the_weights_that_the_protocol_names(
    trained: Any, cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    file = trained.folder / "model.weights.h5"
    named = f'initial_weights_sha256 = "{sha256_file(file)}"'
    loaded = protocol(epochs=1, initial_weights=named)
    done = train_again(loaded, cohort, tmp_path, progress, initial_weights=file)
    assert done.plan.training.initial_weights_sha256 == sha256_file(file)
    assert done.history[0].loss < 0.8 * trained.history[0].loss


def test_initial_weights_are_named_on_both_sides_or_on_none(
    trained: Any, cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    file = trained.folder / "model.weights.h5"
    refused(cohort, protocol(), tmp_path, progress, initial_weights=file).match(
        "names no initial weights, so model.weights.h5 is not used"
    )
    loaded = protocol(initial_weights=f'initial_weights_sha256 = "{"0" * 64}"')
    refused(cohort, loaded, tmp_path, progress).match("name their file with --initial-weights")
    refused(cohort, loaded, tmp_path, progress, initial_weights=file).match(
        "is not the file that the protocol"
    )


def test_misspelt_finding_is_refused(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    refused(cohort, protocol(heads=["disc", "disk"]), tmp_path, progress).match(
        "'disk' is no finding of the labels; there are 'always', 'disc'"
    )
