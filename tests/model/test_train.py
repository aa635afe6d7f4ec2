"""Training on sixty tiny pictures: it learns, repeats to the bit, and stops with a reason."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import train as training
from model.predict import scores
from model.runtime import keras
from protocols.canonical import sha256_file
from protocols.errors import BadInputError, NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.load import LoadedProtocol
from protocols.schema import Protocol

REPOSITORY = Path(__file__).parents[2]
FILES = ["history.csv", "model.weights.h5", "operating_point.json", "plan.json"]


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_model_folder_holds_four_files(trained: Any) -> None:
    assert sorted(files_of(trained.folder)) == FILES


def test_network_learns_the_discs(trained: Any) -> None:
    assert trained.plan.tune_auroc > 0.9


def test_best_epoch_is_the_first_of_the_highest_auroc(trained: Any) -> None:
    highest = max(epoch.tune_auroc for epoch in trained.history)
    assert trained.plan.best_epoch == next(e.epoch for e in trained.history if e.tune_auroc == highest)


def test_operating_point_is_frozen_with_the_weights_hash(trained: Any) -> None:
    record = json.loads((trained.folder / "operating_point.json").read_text())
    assert record["weights_sha256"] == sha256_file(trained.folder / "model.weights.h5")
    assert record["threshold"] == trained.choice.threshold == round(trained.choice.threshold, 6)


def test_plan_counts_who_trained_and_who_tuned(trained: Any) -> None:
    split = trained.plan.split
    assert (split.origin, split.salt, split.tune_share) == ("hash", "discs", 0.3)
    assert split.train.patients + split.tune.patients == 40
    assert split.train.images + split.tune.images + split.train.unlabelled + split.tune.unlabelled == 80


def test_history_is_the_same_as_the_result_says(trained: Any) -> None:
    lines = (trained.folder / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,tune_auroc"
    assert lines[1:] == [f"{e.epoch},{e.loss:.6f},{e.tune_auroc:.6f}" for e in trained.history]


def test_second_training_gives_the_same_bytes(
    trained: Any, cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    training.train(
        protocol(), cohort.studies, cohort.labels, cohort.images, tmp_path, device="cpu", progress=progress
    )
    assert files_of(tmp_path) == files_of(trained.folder)


IN_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from model.train import train
from protocols.images.folder import ImageFolder
from protocols.load import load_protocol
from protocols.admission import labels_from, studies_from
from protocols.tables import read_table
cohort, out = Path(sys.argv[1]), Path(sys.argv[2])
done = train(
    load_protocol(out.parent / "protocol.toml"),
    studies_from(read_table(cohort / "studies.csv")),
    labels_from(read_table(cohort / "labels.csv")),
    ImageFolder(cohort, search=False),
    out,
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
    loaded = protocol(network="densenet121", epochs=1)
    done = training.train(
        loaded, cohort.studies, cohort.labels, cohort.images, tmp_path, device="cpu", progress=progress
    )
    assert len(done.history) == 1 and done.plan.training.network == "densenet121"


def test_patience_ends_the_training_and_the_best_weights_are_kept(
    cohort: Any,
    protocol: Callable[..., LoadedProtocol],
    progress: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = iter([0.6, 0.8, 0.7, 0.8, 0.5, 0.9])  # the second is best; three later ones do not exceed it
    monkeypatch.setattr(training, "auroc", lambda scores, labels: next(judged))
    seen: list[Any] = []

    def watched(model: keras.Model, pixels: Any) -> Any:
        seen.append(model.get_weights()[0])
        return scores(model, pixels)

    monkeypatch.setattr(training, "scores", watched)
    done = training.train(
        protocol(epochs=9),
        cohort.studies,
        cohort.labels,
        cohort.images,
        tmp_path,
        device="cpu",
        progress=progress,
    )
    assert [epoch.tune_auroc for epoch in done.history] == [0.6, 0.8, 0.7, 0.8, 0.5]
    assert done.plan.best_epoch == 2
    chosen_with, last_epoch = seen[-1], seen[-2]
    assert np.array_equal(chosen_with, seen[1]) and not np.array_equal(chosen_with, last_epoch)


def refused(
    cohort: Any,
    loaded: LoadedProtocol,
    out: Path,
    progress: Any,
    *,
    images: ImageFolder | None = None,
    device: str = "cpu",
) -> pytest.ExceptionInfo[BaseException]:
    with pytest.raises((BadInputError, NotPossibleHereError)) as refusal:
        training.train(
            loaded,
            cohort.studies,
            cohort.labels,
            images or cohort.images,
            out,
            device=device,
            progress=progress,
        )
    assert not out.exists()
    return refusal


def test_loss_that_is_not_a_number_stops_with_its_steps(
    cohort: Any,
    protocol: Callable[..., LoadedProtocol],
    progress: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "_optimizer", lambda *_: keras.optimizers.SGD(float("inf")))
    refusal = refused(cohort, protocol(), tmp_path / "model", progress)
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
    refusal = refused(
        cohort, protocol(), tmp_path / "model", progress, images=ImageFolder(folder, search=False)
    )
    assert refusal.match(
        r"2 of the 7\d images to train on cannot be read.*: d-000-0 is neither.*; d-001-0 is empty \(0 bytes\)\.$"
    )


def test_of_many_unreadable_images_twenty_are_named(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refusal = refused(
        cohort, protocol(), tmp_path / "model", progress, images=ImageFolder(empty, search=True)
    )
    assert str(refusal.value).count("there is no file named") == 20
    assert refusal.match(r"; and 5\d more\.$")


def test_protocol_without_training_is_refused(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    loaded = protocol()
    bare: Protocol = loaded.protocol.model_copy(update={"training": None})
    refusal = refused(cohort, LoadedProtocol(bare, b"", ""), tmp_path / "model", progress)
    assert refusal.match(r"'discs': `train` needs the table \[training\]")


def test_one_kind_of_label_is_refused(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    refused(cohort, protocol(label="always"), tmp_path / "model", progress).match("and 0 have 0; both kinds")


def test_absent_gpu_is_refused(
    cohort: Any, protocol: Callable[..., LoadedProtocol], progress: Any, tmp_path: Path
) -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU, so nothing is to be refused")
    refused(cohort, protocol(), tmp_path / "model", progress, device="gpu").match("sees no GPU")
