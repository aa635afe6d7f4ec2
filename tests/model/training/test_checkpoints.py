"""A training that was interrupted ends in the same bytes as one that was not, and damage costs one epoch at most."""

import errno
import io
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.training import checkpoints
from model.training.checkpoints import Checkpoints, Snapshot
from model.training.train import TrainedModel, train
from protocols.errors import NotPossibleHereError
from protocols.schema.load import LoadedProtocol, parse_protocol

REPOSITORY = Path(__file__).parents[3]
IDENTITY = {"protocol": "a"}
STOPPED_IN = "epoch 4 of at most 6"


def snapshot(epochs: int) -> Snapshot:
    return Snapshot(
        learner=(np.arange(epochs, dtype=np.float32), np.array([[7, 9]], np.uint32)),
        optimizer=(np.array(epochs),),
        best=(np.full((2, 2), 0.1 * epochs, np.float32),),
        history=np.arange(epochs * 6, dtype=np.float64).reshape(epochs, 6) / 7,
    )


def same(one: Snapshot, other: Snapshot) -> bool:
    pairs = [
        pair
        for part in (*checkpoints.PARTS, "history")
        for pair in zip(getattr(one, part), getattr(other, part), strict=True)
    ]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoints:
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    for epochs in (1, 2, 3):
        checkpoints.save(snapshot(epochs))
    return checkpoints


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("training/*/*.checkpoint"))


def test_a_first_start_finds_nothing_and_prints_nothing(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path, IDENTITY).latest() == (None, "")


def test_the_last_two_are_kept_and_the_newest_is_taken(kept: Checkpoints, tmp_path: Path) -> None:
    assert [file.name for file in files(tmp_path)] == ["00002.checkpoint", "00003.checkpoint"]
    found, note = kept.latest()
    assert found is not None and same(found, snapshot(3))
    assert note == "resumed after epoch 3"


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda content: content[:-1],
    lambda content: content[:80],
    lambda content: content[:10],
    lambda content: b"",
    lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    lambda content: content + b"\0",
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.fault(47)
def test_of_a_damaged_newest_the_one_before_is_taken(
    damage: Callable[[bytes], bytes], kept: Checkpoints, tmp_path: Path
) -> None:
    newest = files(tmp_path)[-1]
    newest.write_bytes(damage(newest.read_bytes()))
    found, note = kept.latest()
    assert found is not None and same(found, snapshot(2))
    assert note == "the newest checkpoint is damaged; resumed after epoch 2"


def test_two_damaged_ones_are_reported_and_not_used(kept: Checkpoints, tmp_path: Path) -> None:
    for file in files(tmp_path):
        file.write_bytes(b"torn")
    assert kept.latest() == (None, "the checkpoints are damaged; started anew")


@pytest.mark.fault(45)
def test_a_pickle_is_never_opened(kept: Checkpoints, tmp_path: Path) -> None:
    class Malicious:
        def __reduce__(self) -> Any:
            return exec, ("raise SystemExit('executed')",)

    held = io.BytesIO()
    np.savez(held, history=np.array([Malicious()], dtype=object))
    content = held.getvalue()
    files(tmp_path)[-1].write_bytes(checkpoints.sha256_bytes(content).encode() + b"\n" + content)
    found, _ = kept.latest()
    assert found is not None and len(found.history) == 2


def test_checkpoints_of_another_training_are_reported_and_not_used(kept: Checkpoints, tmp_path: Path) -> None:
    another = Checkpoints(tmp_path, {"protocol": "b"})
    assert another.latest() == (None, "the checkpoints there are of another training; started anew")
    another.save(snapshot(1))
    found, _ = kept.latest()
    assert found is not None and same(found, snapshot(3))


def test_what_a_killed_process_left_half_written_is_removed(kept: Checkpoints, tmp_path: Path) -> None:
    torn = files(tmp_path)[0].with_name(".00004.checkpoint.x1y2")
    torn.write_bytes(b"half")
    kept.save(snapshot(4))
    assert not torn.exists()


@pytest.mark.fault(48)
def test_full_disk_is_a_sentence_and_the_checkpoints_before_are_whole(
    kept: Checkpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "write_bytes", full)
    with pytest.raises(
        NotPossibleHereError,
        match=r"the checkpoint of epoch 4 cannot be written \(No space left on device\); free some space and start "
        r"again: the training continues after epoch 3\.",
    ):
        kept.save(snapshot(4))
    found, _ = kept.latest()
    assert found is not None and same(found, snapshot(3))


@pytest.mark.fault(48)
def test_file_too_large_for_the_system_is_a_sentence_too(kept: Checkpoints, tmp_path: Path) -> None:
    large = Snapshot((np.zeros(100_000),), (), (), np.zeros((4, 6)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(NotPossibleHereError, match=r"of epoch 4 cannot be written \(File too large\)"):
            kept.save(large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in files(tmp_path)[0].parent.iterdir()) == [
        "00002.checkpoint",
        "00003.checkpoint",
    ]


# From here on with trainings: dropout and all of the augmentation on, six epochs of four steps.


@pytest.fixture(scope="module")
def loaded(protocol: Callable[..., LoadedProtocol]) -> LoadedProtocol:
    return protocol(
        epochs=6, dropout=0.3, brightness=0.1, contrast=0.1, warmup_epochs=1, calibration="platt", seed=3
    )


@pytest.fixture(scope="module")
def uninterrupted(
    loaded: LoadedProtocol, cohort: Any, progress: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    return contents(trained(loaded, cohort, folder, progress).folder)


def trained(loaded: LoadedProtocol, cohort: Any, folder: Path, progress: Any) -> TrainedModel:
    return train(
        loaded,
        cohort.studies,
        cohort.labels,
        cohort.images,
        folder / "model",
        work=folder / "work",
        device="cpu",
        progress=progress,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def interrupted(stage: str, done: int, total: int, note: str = "") -> None:
    """Stop in the middle of the fourth epoch."""
    if stage == "train" and done % 4 == 2 and STOPPED_IN in note:
        raise KeyboardInterrupt


@pytest.fixture
def half_done(loaded: LoadedProtocol, cohort: Any, tmp_path: Path) -> Path:
    with pytest.raises(KeyboardInterrupt):
        trained(loaded, cohort, tmp_path, interrupted)
    assert not (tmp_path / "model").exists()
    assert [file.name for file in files(tmp_path / "work")] == ["00002.checkpoint", "00003.checkpoint"]
    return tmp_path


class Notes:
    """A progress that keeps the notes of the training."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        if stage == "train":
            self.said.append(note)


NEXT = "epoch {} of at most 6, loss"
BEGINNINGS = [
    (0, "resumed after epoch 3; " + NEXT.format(4)),
    (1, "the newest checkpoint is damaged; resumed after epoch 2; " + NEXT.format(3)),
    (2, "the checkpoints are damaged; started anew; " + NEXT.format(1)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("truncated", "beginning"), BEGINNINGS)
@pytest.mark.fault(46, 47)
def test_taken_up_training_gives_the_same_bytes(
    truncated: int,
    beginning: str,
    half_done: Path,
    uninterrupted: dict[str, bytes],
    loaded: LoadedProtocol,
    cohort: Any,
) -> None:
    for file in files(half_done / "work")[2 - truncated :]:
        file.write_bytes(file.read_bytes()[:-1000])
    notes = Notes()
    again = trained(loaded, cohort, half_done, notes)
    assert contents(again.folder) == uninterrupted
    assert notes.said[0].startswith(beginning)


def test_finished_training_only_writes_its_files_again(
    uninterrupted: dict[str, bytes], half_done: Path, loaded: LoadedProtocol, cohort: Any, progress: Any
) -> None:
    trained(loaded, cohort, half_done, progress)
    notes = Notes()
    again = trained(loaded, cohort, half_done, notes)
    assert contents(again.folder) == uninterrupted
    assert len(notes.said) == 1 and again.images_per_second == 0.0


@pytest.mark.slow
def test_checkpoint_of_another_protocol_is_not_used(
    half_done: Path, loaded: LoadedProtocol, cohort: Any, progress: Any, tmp_path: Path
) -> None:
    other = parse_protocol(loaded.content.replace(b"0.003", b"0.002"), source="other.toml")
    notes = Notes()
    here = trained(other, cohort, half_done, notes)
    elsewhere = trained(other, cohort, tmp_path / "fresh", progress)
    assert notes.said[0].startswith("the checkpoints there are of another training; started anew; epoch 1 of")
    assert contents(here.folder) == contents(elsewhere.folder)


IN_ANOTHER_PROCESS = """
import os, sys
from pathlib import Path
from model.training.train import train
from protocols.images.folder import ImageFolder
from protocols.schema.load import load_protocol
from protocols.tables.checks import labels_from, studies_from
from protocols.tables.reading import read_table
cohort, folder, ending = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def progress(stage, done, total, note=""):
    if stage == "train" and done % 4 == 2 and "epoch 4 of at most 6" in note:
        os.kill(os.getpid(), ending)

train(
    load_protocol(folder / "protocol.toml"),
    studies_from(read_table(cohort / "studies.csv")),
    labels_from(read_table(cohort / "labels.csv")),
    ImageFolder(cohort, search=False),
    folder / "model",
    work=folder / "work",
    device="cpu",
    progress=progress,
)
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.fault(46, 50)
def test_killed_process_is_taken_up_to_the_same_bytes(
    ending: signal.Signals,
    uninterrupted: dict[str, bytes],
    loaded: LoadedProtocol,
    cohort: Any,
    progress: Any,
    tmp_path: Path,
) -> None:
    (tmp_path / "protocol.toml").write_bytes(loaded.content)
    ended = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(cohort.folder), str(tmp_path), str(int(ending))],
        cwd=REPOSITORY,
        capture_output=True,
    )
    assert ended.returncode == -ending
    assert len(files(tmp_path / "work")) == 2 and not (tmp_path / "model").exists()
    notes = Notes()
    again = trained(loaded, cohort, tmp_path, notes)
    assert notes.said[0].startswith("resumed after epoch 3; epoch 4")
    assert contents(again.folder) == uninterrupted


ON_ANOTHER_BACKEND = """
import sys
from pathlib import Path
from model.training.train import train
from protocols.images.folder import ImageFolder
from protocols.schema.load import load_protocol
from protocols.tables.checks import labels_from, studies_from
from protocols.progress import silent
from protocols.tables.reading import read_table
cohort, folder = Path(sys.argv[1]), Path(sys.argv[2])

def run(name, progress):
    return train(
        load_protocol(folder / "protocol.toml"),
        studies_from(read_table(cohort / "studies.csv")),
        labels_from(read_table(cohort / "labels.csv")),
        ImageFolder(cohort, search=False),
        folder / name,
        work=folder / f"{name}.work",
        device="cpu",
        progress=progress,
    )

def stopping(stage, done, total, note=""):
    if stage == "train" and done % 4 == 2 and "epoch 4 of at most 6" in note:
        raise KeyboardInterrupt

print(run("whole", silent).plan.backend)
try:
    run("stopped", stopping)
except KeyboardInterrupt:
    run("stopped", silent)
"""


@pytest.mark.slow
def test_jax_is_taken_up_to_the_same_bytes(loaded: LoadedProtocol, cohort: Any, tmp_path: Path) -> None:
    (tmp_path / "protocol.toml").write_bytes(loaded.content)
    ended = subprocess.run(
        [sys.executable, "-c", ON_ANOTHER_BACKEND, str(cohort.folder), str(tmp_path)],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "jax"
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")
