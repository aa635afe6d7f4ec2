"""A device and the pictures it is asked about, ready to be answered: what every use of a trained device begins with.

Owns which images those are. What is asked of them is `predict`'s, `saliency`'s, `illustrations`' and `robustness`'s.
"""

from dataclasses import dataclass
from pathlib import Path

from model import runtime
from model.artifact import model_folder
from model.artifact.model_folder import LoadedModel
from model.data.pack.pack import Pack, pack
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.model_folder import DeviceName
from protocols.progress import Progress
from protocols.tables.records import Split, Studies


@dataclass(frozen=True, slots=True)
class Prepared:
    """A device and its pictures; ``image_id`` names each picture of the pack."""

    loaded: LoadedModel
    image_id: tuple[str, ...]
    packed: Pack


def prepare(
    model_dir: Path,
    studies: Studies,
    images: ImageFolder,
    *,
    work: Path,
    device: DeviceName,
    progress: Progress,
) -> Prepared:
    """Load a device and pack the pictures that it is asked about.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: where the files are.
        work: for the pack; a folder that survives interruption. What was packed there for the same device is found.
        device: ``cpu``, ``gpu`` or ``gpus``.
        progress: told as pictures are packed.

    Raises:
        BadInputError: the model folder is not sound, or no image is marked test.
        NotPossibleHereError: the device is not there.
    """
    rows = scored_rows(studies)
    runtime.start(device)
    loaded = model_folder.load(model_dir)
    packed = pack(
        studies,
        rows,
        images,
        work,
        image_size=loaded.plan.training.image_size,
        gate=loaded.plan.input_gate,
        progress=progress,
    )
    return Prepared(loaded, tuple(studies.image_id[row] for row in rows), packed)


def scored_rows(studies: Studies) -> list[int]:
    """The rows that a device is asked about: those marked test, or all where there is no split column.

    Raises:
        BadInputError: no image is marked test.
    """
    if studies.split is None:
        return list(range(len(studies)))
    rows = [row for row, split in enumerate(studies.split) if split == Split.TEST]
    if not rows:
        raise BadInputError(f"{studies.source}: no image is marked test, so there is nothing to predict.")
    return rows
