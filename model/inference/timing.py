"""Run time of the device per image on this machine, as a distribution: decoding, and the network alone.

Owns what is timed and timing.json. The numbers belong to one machine and one moment: they are recorded and hashed,
and never compared.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model import runtime
from model.artifact import model_folder
from model.data.pack.pack import fitted
from model.inference.predict import BATCH
from model.inference.prepare import scored_rows
from protocols.device_timing import DeviceTiming, StageTiming
from protocols.errors import BadInputError
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.model_folder import DeviceName
from protocols.progress import Progress
from protocols.tables.records import Studies

MOST_IMAGES = 200
BATCHES = 20
WARM_UP = 3  # calls that are not counted: the first one compiles
PLACES = 3


def timing(
    model_dir: Path,
    studies: Studies,
    images: ImageFolder,
    *,
    device: DeviceName,
    clock: Callable[[], float],
    progress: Progress,
) -> DeviceTiming:
    """Time up to `MOST_IMAGES` test images.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: the folder of the files.
        device: ``cpu`` or ``gpu``.
        clock: monotonic time in seconds.
        progress: called as images are read.

    Raises:
        BadInputError: the model folder is invalid, or no test image can be read.
        NotPossibleHereError: the device is not available.
    """
    started = runtime.start(device)
    loaded = model_folder.load(model_dir)
    side = loaded.plan.training.image_size
    reading, pictures = [], []
    rows = scored_rows(studies)[:MOST_IMAGES]
    for done, row in enumerate(rows, start=1):
        begun = clock()
        try:
            image_path = studies.image_path[row] if studies.image_path else ""
            picture = fitted(read_image(images.path_of(studies.image_id[row], image_path)).pixels, side)
        except UndecodableImageError:
            continue
        reading.append(clock() - begun)
        pictures.append(picture)
        progress("timing", done, len(rows))
    if not pictures:
        raise BadInputError(
            f"{images.root}: not one of {len(rows)} test images can be read, so none can be timed."
        )
    many = np.resize(np.stack(pictures), (BATCHES * BATCH, side, side))

    def network(batch: int, calls: int) -> list[float]:
        seconds = []
        for call in range(-WARM_UP, calls):
            first = max(call, 0) * batch
            floats = many[first : first + batch, ..., None].astype(np.float32)
            begun = clock()
            runtime.keras.ops.convert_to_numpy(loaded.model.predict_on_batch(floats))
            if call >= 0:
                seconds.append((clock() - begun) / batch)
        return seconds

    return DeviceTiming(
        device=device,
        device_name=started.device_name,
        backend=started.backend,
        network=loaded.plan.training.network,
        image_size=side,
        images=len(pictures),
        stages=(
            distribution("decode and fit", 1, reading),
            distribution("network", 1, network(1, len(pictures))),
            distribution("network", BATCH, network(BATCH, BATCHES)),
        ),
    )


def distribution(stage: str, batch: int, seconds: Sequence[float] | NDArray[np.float64]) -> StageTiming:
    """Return the distribution, in milliseconds, of seconds per image."""
    milliseconds = 1000 * np.asarray(seconds, dtype=np.float64)
    median, high = np.quantile(milliseconds, [0.5, 0.95])
    return StageTiming(
        stage=stage,
        batch=batch,
        measurements=len(milliseconds),
        median_ms=round(float(median), PLACES),
        p95_ms=round(float(high), PLACES),
        max_ms=round(float(milliseconds.max()), PLACES),
    )
