"""Load a trained model and the images to score; the first step of prediction, saliency and perturbation.

Owns the choice of images to score. Their use is `predict`, `saliency`, `illustrations` and `perturbed_scores`.
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
    """A device and its images; ``image_id`` names each image of the pack."""

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
    """Load a device and pack the images to score.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: the folder of the files.
        work: for the pack; a folder that survives interruption. A pack for the same device there is reused.
        device: ``cpu``, ``gpu`` or ``gpus``.
        progress: called as images are packed.

    Raises:
        BadInputError: the model folder is invalid, or no image is marked test.
        NotPossibleHereError: the device is not available.
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
    """Return the rows to score: those marked test, or all where there is no split column.

    Raises:
        BadInputError: no image is marked test.
    """
    if studies.split is None:
        return list(range(len(studies)))
    rows = [row for row, split in enumerate(studies.split) if split == Split.TEST]
    if not rows:
        raise BadInputError(
            f"{studies.source}: no image is marked test, so there is nothing to predict; mark some."
        )
    return rows
