"""Images decoded once into one array on disk; training and prediction read only from it.

Owns the resizing, which is part of the device (the whole image, fitted into a black square by area averaging), and
the examination of one image. Decoding is `protocols.images`; the array on disk is `file`, its record `journal`, its
place `folder`, the processes `protocols.parallel.local`.
"""

import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from model.data.pack.file import PackFile
from model.data.pack.folder import name_of, work_folder
from model.data.pack.journal import Chunk, PackEntry, chunks_of, journal
from protocols.errors import NotPossibleHereError
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.images.hashes import ImageRecord, record_of
from protocols.images.input_gate import refusal
from protocols.parallel.local import cores, spread
from protocols.progress import Progress
from protocols.schema.training import InputGate
from protocols.storage.canonical import sha256_bytes
from protocols.tables.records import Studies

PREPROCESSING = "fitted into a black square by area averaging, 8-bit grey"
CHUNK = 16  # pictures between two lines of the journal: a quarter of a second of work
FEW = 100  # so many are packed before a second process has started
ABSENT = "absent"
JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Pack:
    """Images in the order requested; positions count from 0.

    Attributes:
        pixels: uint8 of shape (images, size, size), memory-mapped for reading only; black where an image
            failed or was refused.
        faults: position -> why that image cannot be decoded.
        out_of_scope: position -> why that image is outside the device's scope.
        records: position -> size and hashes of every image that was decoded.
    """

    pixels: NDArray[np.uint8]
    faults: Mapping[int, str]
    out_of_scope: Mapping[int, str]
    records: Mapping[int, ImageRecord]

    @property
    def usable(self) -> NDArray[np.int64]:
        """Positions without fault or refusal, rising."""
        left_out = self.faults.keys() | self.out_of_scope.keys()
        kept = [position for position in range(len(self.pixels)) if position not in left_out]
        return np.array(kept, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Asked:
    """One image to be packed; ``fault`` states why it has no file, and ``path`` is empty then."""

    path: str
    stamp: str
    fault: str
    age_years: float
    view: str


@dataclass(frozen=True, slots=True)
class Task:
    """One chunk, with all that a worker needs."""

    number: int
    asked: tuple[Asked, ...]
    file: PackFile
    gate: InputGate


def pack(
    studies: Studies,
    rows: Sequence[int],
    images: ImageFolder,
    work: Path,
    *,
    image_size: int,
    gate: InputGate,
    workers: int | None = None,
    progress: Progress,
) -> Pack:
    """Decode, examine and resize the images of some studies, once.

    A repeated call verifies what an earlier one left in ``work`` against its checksums and the files' size and
    times, and packs only what is missing, damaged or changed. The result does not depend on the workers or on
    interruptions.

    Args:
        studies: the cohort.
        rows: positions in the studies, in the order of the pack.
        images: the folder of the files.
        work: folder that packs are kept in; created where absent. Each request has a folder of its own there.
        image_size: rows and columns of a packed image.
        gate: the scope of the device.
        workers: processes; by default one per processor, and none for a few images.
        progress: called after each chunk, with images per second.

    Raises:
        BadInputError: two files have the name of one image, or a path is absolute.
        NotPossibleHereError: a full disk, a folder that cannot be written, another process at the same pack, or a
            worker that was killed. Finished chunks are kept.
    """
    asked = [_asked(studies, row, images) for row in rows]
    name = name_of(studies, rows, images, image_size=image_size, gate=gate, preprocessing=PREPROCESSING)
    folder = work / name
    file = PackFile(folder / "pixels.npy", len(asked), image_size)
    tasks = [
        Task(number, tuple(asked[first : first + CHUNK]), file, gate)
        for number, first in enumerate(range(0, len(asked), CHUNK))
    ]
    with work_folder(file):
        file.reserve()
        done = _found(tasks, chunks_of(folder / JOURNAL), progress)
        missing = [task for task in tasks if task.number not in done]
        try:
            packed = _worked(missing, workers, progress, total=len(asked))
            with journal(folder / JOURNAL) as lines, closing(packed) as chunks:
                for chunk in chunks:
                    lines.add(chunk)
                    done[chunk.number] = chunk
        except BrokenProcessPool as error:
            first = next(task for task in missing if task.number not in done).number * CHUNK
            raise NotPossibleHereError(
                f"{folder}: a process that packs images was killed from outside, as happens where memory runs out; "
                f"what is packed is kept, the first missing image is {studies.image_id[rows[first]]!r}; "
                "free some memory and run the same command again."
            ) from error
        return _pack(file, done)


def fitted(picture: NDArray[np.uint8], image_size: int) -> NDArray[np.uint8]:
    """Return the whole image in a square of ``image_size``, centred on black where it is not square."""
    size = (image_size, image_size)
    return np.asarray(ImageOps.pad(Image.fromarray(picture), size, method=Image.Resampling.BOX, color=0))


def pack_chunk(task: Task) -> Chunk:
    """Decode, examine, fit and write one chunk, in any process.

    Raises:
        OSError: the pack cannot be written.
    """
    size = task.file.image_size
    pictures = np.zeros((len(task.asked), size, size), np.uint8)
    entries = []
    for one, place in zip(task.asked, pictures, strict=True):
        entries.append(_examined(one, task.gate, place))
    task.file.write(task.number * CHUNK, pictures)
    return Chunk(task.number, sha256_bytes(pictures.tobytes()), tuple(entries))


def _examined(one: Asked, gate: InputGate, place: NDArray[np.uint8]) -> PackEntry:
    """Decode and examine one image; fit it into its place where it is in scope."""
    if one.fault:
        return PackEntry(one.stamp, one.fault, "", None)
    try:
        picture = read_image(Path(one.path))
    except UndecodableImageError as error:
        # An error of the operating system, such as a network that is down, may be gone next time.
        of_system = isinstance(error.__cause__, OSError) and error.__cause__.errno is not None
        return PackEntry("" if of_system else one.stamp, error.reason, "", None)
    refused = refusal(picture, gate, age_years=one.age_years, view=one.view)
    if not refused:
        place[:] = fitted(picture.pixels, place.shape[0])
    return PackEntry(one.stamp, "", refused, record_of(picture))


def _asked(studies: Studies, row: int, images: ImageFolder) -> Asked:
    age_years, view = float(studies.age_years[row]), studies.view[row]
    try:
        path = images.path_of(studies.image_id[row], studies.image_path[row] if studies.image_path else "")
    except UndecodableImageError as error:
        return Asked("", ABSENT, error.reason, age_years, view)
    status = path.stat()
    # The time of the last change of state is not at anybody's will; a copy that keeps its times shows in it.
    stamp = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
    return Asked(str(path.absolute()), stamp, "", age_years, view)


def _found(tasks: Sequence[Task], written: Mapping[int, Chunk], progress: Progress) -> dict[int, Chunk]:
    """Return the chunks that are packed already: of the same files, with unchanged pixels."""
    total, images = sum(len(task.asked) for task in tasks), 0
    found = {}
    for task in tasks:
        chunk = written.get(task.number)
        if (
            chunk
            and [entry.stamp for entry in chunk.entries] == [one.stamp for one in task.asked]
            and chunk.pixels_sha256 == task.file.sha256(task.number * CHUNK, len(task.asked))
        ):
            found[task.number] = chunk
            images += len(task.asked)
            progress("pack", images, total, "found in the work folder")
    return found


def _worked(
    tasks: Sequence[Task], workers: int | None, progress: Progress, *, total: int
) -> Generator[Chunk, None, None]:
    """Pack the missing chunks, and report the rate."""
    images = sum(len(task.asked) for task in tasks)
    count = (cores() if workers is None else workers) if images > FEW else 1
    begun, packed = time.perf_counter(), 0
    with closing(spread(pack_chunk, tasks, workers=count)) as chunks:
        for chunk in chunks:
            yield chunk
            packed += len(chunk.entries)
            rate = packed / (time.perf_counter() - begun)
            progress("pack", total - images + packed, total, f"{rate:,.0f} images/s")


def _pack(file: PackFile, done: Mapping[int, Chunk]) -> Pack:
    entries = enumerate(entry for number in sorted(done) for entry in done[number].entries)
    packed = dict(entries)
    return Pack(
        file.pixels(),
        {position: entry.fault for position, entry in packed.items() if entry.fault},
        {position: entry.refusal for position, entry in packed.items() if entry.refusal},
        {position: entry.record for position, entry in packed.items() if entry.record},
    )
