"""Checkpoints: the state of a training after each epoch, so that an interruption costs one epoch and changes no bit.

Owns the checkpoint file and which one may be used. A checkpoint belongs to one training: its folder is named by the
hash of everything that decides the bits. Each file begins with the SHA-256 of the rest and is written whole or not
at all; the previous one is kept, so that a damaged file costs one epoch more. It contains arrays only: reading it
executes nothing.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.runtime import keras
from protocols.errors import NotPossibleHereError
from protocols.storage.canonical import json_text, sha256_bytes, write_bytes

ENDING = ".checkpoint"
KEPT = 2
DIGITS_OF_A_HASH = 64
DIGITS_OF_A_NAME = 16
PARTS = ("learner", "optimizer", "best")

Arrays = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A training after a whole epoch.

    Attributes:
        learner: every variable of augmentation and network, in the model's order.
        optimizer: every variable of the optimizer, likewise.
        best: the weights of the best epoch so far, as `get_weights` gives them.
        history: float64 of shape (epochs, columns), one row per finished epoch.
    """

    learner: Arrays
    optimizer: Arrays
    best: Arrays
    history: NDArray[np.float64]


class Checkpoints:
    """The checkpoints of one training.

    Args:
        work: a folder that survives interruption; created where absent.
        identity: all that decides the bits of the training: protocol, images, labels, machine, versions.
    """

    def __init__(self, work: Path, identity: Mapping[str, Any]) -> None:
        self._all = work / "training"
        self._folder = self._all / sha256_bytes(json_text(identity).encode())[:DIGITS_OF_A_NAME]

    def latest(self) -> tuple[Snapshot | None, str]:
        """Return the newest valid checkpoint, and a note for the screen; the note is empty at a first start."""
        files = self._files()
        for file in files:
            snapshot = _read(file)
            if snapshot is not None:
                damaged = "the newest checkpoint is damaged; " if file != files[0] else ""
                return snapshot, f"{damaged}resumed after epoch {len(snapshot.history)}"
        if files:
            return None, "the checkpoints are damaged; started anew"
        if self._all.is_dir() and any(self._all.iterdir()):
            return None, "the checkpoints there are of another training; started anew"
        return None, ""

    def save(self, snapshot: Snapshot) -> None:
        """Write the checkpoint of an epoch and remove all but the last two.

        Raises:
            NotPossibleHereError: it cannot be written; earlier ones remain valid.
        """
        epoch = len(snapshot.history)
        content = _content(snapshot)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for torn in self._folder.glob(f".*{ENDING}.*"):
                torn.unlink()  # a partial file of a killed process
            write_bytes(
                self._folder / f"{epoch:05}{ENDING}", sha256_bytes(content).encode() + b"\n" + content
            )
            for old in self._files()[KEPT:]:
                old.unlink()
        except OSError as error:
            raise NotPossibleHereError(
                f"{self._folder}: the checkpoint of epoch {epoch} cannot be written ({error.strerror}); free some "
                f"space and start again: the training continues after epoch {epoch - 1}."
            ) from error

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"[0-9]*{ENDING}"), reverse=True)


def arrays_of(values: Sequence[Any]) -> Arrays:
    """Copy the current values of variables or arrays."""
    return tuple(np.array(keras.ops.convert_to_numpy(value)) for value in values)


def _content(snapshot: Snapshot) -> bytes:
    arrays = {
        f"{part}/{place:05}": array for part in PARTS for place, array in enumerate(getattr(snapshot, part))
    }
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, history=snapshot.history, **arrays)
    return file.getvalue()


def _read(path: Path) -> Snapshot | None:
    """Read a checkpoint; None where the file is damaged."""
    try:
        stated, _, content = path.read_bytes().partition(b"\n")
        if len(stated) != DIGITS_OF_A_HASH or sha256_bytes(content).encode() != stated:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            parts = {
                part: tuple(arrays[name] for name in sorted(arrays.files) if name.startswith(f"{part}/"))
                for part in PARTS
            }
            return Snapshot(**parts, history=arrays["history"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
