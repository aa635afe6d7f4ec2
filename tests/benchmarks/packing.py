"""One packing in a process of its own, so that time, processor time and memory are its own and its workers'.

``python -m tests.benchmarks.packing FOLDER IMAGES WORK`` prints what it took as JSON. It loads little, because each
worker loads it again.
"""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from model.data.pack.pack import Pack, pack
from protocols.images.folder import ImageFolder
from protocols.parallel.local import cores
from protocols.progress import silent
from protocols.schema.training import InputGate
from protocols.tables.records import Studies
from tests.records import studies

IMAGE_SIZE = 224


@dataclass(frozen=True, slots=True)
class Packing:
    """One packing in a process of its own.

    Attributes:
        seconds: of wall clock.
        processor: seconds of processor time, of the process and its workers with their start.
        mebibytes: the peak of memory of the process, and of its largest worker as many times as there are workers:
            no less than all of them ever held together.
    """

    seconds: float
    processor: float
    mebibytes: float


def studies_of(images: int) -> Studies:
    """Studies of i0, i1 and so on, of which nothing more is known."""
    return studies([f"i{number}" for number in range(images)])


def packed(folder: Path, images: int, work: Path, *, workers: int | None = None) -> Pack:
    """The first images of a folder as `repeated` makes it."""
    return pack(
        studies_of(images),
        range(images),
        ImageFolder(folder, search=False),
        work,
        image_size=IMAGE_SIZE,
        gate=InputGate(),
        workers=workers,
        progress=silent,
    )


def pack_alone(folder: Path, images: int, work: Path) -> Packing:
    """Pack with a worker a processor; the start of this process does not count, that of its workers does."""
    begun = time.perf_counter()
    packed(folder, images, work, workers=cores())
    seconds = time.perf_counter() - begun
    own, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = time.process_time() + workers.ru_utime + workers.ru_stime
    return Packing(seconds, processor, (own.ru_maxrss + cores() * workers.ru_maxrss) / 1024)


def main() -> None:
    """Pack and print what it took."""
    folder, images, work = sys.argv[1:]
    json.dump(asdict(pack_alone(Path(folder), int(images), Path(work))), sys.stdout)


if __name__ == "__main__":
    main()
