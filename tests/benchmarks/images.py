"""How fast pictures are packed, learnt from and scored, beside what it would take otherwise.

``python -m tests.benchmarks.images`` prints Markdown. Times are measured and printed, never asserted. What is compared
takes turns in the same run, so that whatever else the machine does falls on both; of each the fastest turn counts.
The pictures are NIH originals of 1024 pixels, repeated, or synthetic ones of that size where those are not there.
"""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.data.pack.pack import Pack
from protocols.images.decode import read_image
from protocols.parallel.local import cores
from protocols.schema.training import Augmentation
from tests.benchmarks.packing import IMAGE_SIZE, Packing, packed
from tests.benchmarks.process import measured
from tests.benchmarks.statistics import print_table

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"
TURNS = 5
SIDE = 1024
SYNTHETIC = 14
BATCH = 16
INFERENCE_BATCHES = 2
PACKED = (350, 1_400)  # pictures, and four times as many
DECODED = 112  # by one core alone, a turn
LEARNT = 336
NETWORKS = ("compact", "densenet121")
AUGMENTATION = Augmentation(turn_degrees=5, shift=0.05, zoom=0.08, brightness=0.1, contrast=0.1, mirror=False)


def originals(folder: Path) -> Sequence[Path]:
    """The 14 NIH originals, or as many synthetic pictures of the same size drawn into a folder."""
    real = sorted((SHARED_DATA / "nih" / "images-1024").glob("*.png"))
    return real or [_synthetic(folder / f"synthetic-{number}.png", number) for number in range(SYNTHETIC)]


def repeated(pictures: Sequence[Path], images: int, folder: Path) -> Path:
    """A folder of i0.png, i1.png and so on, which are the pictures in turn."""
    folder.mkdir()
    for number in range(images):
        content = pictures[number % len(pictures)].read_bytes()
        (folder / f"i{number}.png").write_bytes(content)
    return folder


def packing(folder: Path, images: int) -> Packing:
    """Pack with a worker a processor, in a fresh process; its start does not count, that of its workers does."""
    with tempfile.TemporaryDirectory() as work:
        program = [sys.executable, "-m", "tests.benchmarks.packing", folder, str(images), work]
        return Packing(**json.loads(measured(program).printed))


def decode_plainly(path: Path) -> NDArray[np.uint8]:
    """What most code does: whatever Pillow accepts, nothing checked."""
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def decode_all(paths: Sequence[Path]) -> int:
    """Decode files plainly; for a pool."""
    return sum(decode_plainly(path).shape[0] for path in paths)


def rate(work: Callable[[], object], images: int) -> tuple[float, float]:
    """Images a second, and this process's milliseconds of processor time an image."""
    begun, spent = time.perf_counter(), time.process_time()
    work()
    return images / (time.perf_counter() - begun), 1_000 * (time.process_time() - spent) / images


def packing_rows(folder: Path) -> list[Sequence[str]]:
    """One core plainly, one core strictly, all cores plainly, and the pack with all that it does besides."""
    paths = [folder / f"i{number}.png" for number in range(DECODED)]
    shares = [paths[part :: 4 * cores()] for part in range(4 * cores())]
    small, large = PACKED
    turns: dict[str, list[tuple[float, float]]] = {}
    peaks: dict[int, float] = {}
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        list(pool.map(decode_all, shares))  # the workers have started
        for _ in range(TURNS):
            done = {images: packing(folder, images) for images in PACKED}
            for images, one in done.items():
                peaks[images] = max(peaks.get(images, 0), one.mebibytes)
            more, seconds = large - small, done[large].seconds - done[small].seconds
            processor = done[large].processor - done[small].processor
            for words, turn in {
                "Pillow alone, one core": rate(lambda: decode_all(paths), DECODED),
                f"Pillow alone, {cores()} processes": rate(
                    lambda: list(pool.map(decode_all, shares)), DECODED
                ),
                "the suite's strict decoding, one core": rate(
                    lambda: [read_image(path) for path in paths], DECODED
                ),
                f"pack of {large:,}, {cores()} workers": (
                    large / done[large].seconds,
                    1_000 * done[large].processor / large,
                ),
                "the same without start": (more / seconds, 1_000 * processor / more),
            }.items():
                turns.setdefault(words, []).append(turn)
    base = max(turns["Pillow alone, one core"])[0]
    rows = []
    for words, each in turns.items():
        fastest_rate, least = max(each)[0], min(spent for _, spent in each)
        spent = "" if "processes" in words else f"{least:.1f}"
        rows.append((words, f"{fastest_rate:.0f}", f"{fastest_rate / base:.2f}", spent))
    return [
        *rows,
        *((f"peak MiB of a pack of {images:,}", f"{peak:.0f}", "", "") for images, peak in peaks.items()),
    ]


def fastest(turns: Mapping[str, Callable[[], object]], *, times: int) -> dict[str, float]:
    """Seconds of the fastest turn of each, taken in turn after one that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for turn in range(times + 1):
        for name, work in turns.items():
            begun = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - begun)
    return {name: min(each) for name, each in seconds.items()}


def epoch_rows(folder: Path, pictures: Pack, *, times: int = TURNS) -> list[Sequence[str]]:
    """Epochs of the compact network from the pack, from one batch in memory, and from the files."""
    from model import network
    from model.data.augmentation import Augment
    from model.data.batches import Batches, epoch_order
    from model.runtime import keras
    from model.training.losses import ClassWeightedBinaryCrossentropy

    images = len(pictures.pixels)
    labels = (np.arange(images) % 3 == 0).astype(np.float64)[:, None]
    from_pack = Batches(pictures.pixels, np.arange(images), labels, batch_size=BATCH, seed=1, epoch=1)
    at_hand = [from_pack[number] for number in range(len(from_pack))][:1]

    class InMemory(keras.utils.PyDataset):
        def __len__(self) -> int:
            return len(from_pack)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            return at_hand[0]

    class FromFiles(keras.utils.PyDataset):
        """As Keras' flow_from_dataframe: each file opened, converted and resized (to the nearest) every epoch."""

        def __len__(self) -> int:
            return len(from_pack)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            rows = np.array_split(epoch_order(images, seed=1, epoch=1), len(from_pack))[index]
            batch = np.empty((len(rows), IMAGE_SIZE, IMAGE_SIZE, 1), np.float32)
            for place, row in zip(batch, rows, strict=True):
                with Image.open(folder / f"i{row}.png") as image:
                    place[..., 0] = image.convert("L").resize(
                        (IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.NEAREST
                    )
            return batch, labels[rows].astype(np.float32)

    keras.utils.set_random_seed(1)
    learner = keras.Sequential(
        [
            keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1)),
            Augment(AUGMENTATION, seed=1),
            network.build("compact", image_size=IMAGE_SIZE, outputs=1, dropout=0.0),
        ]
    )
    learner.compile(optimizer=keras.optimizers.AdamW(1e-4), loss=ClassWeightedBinaryCrossentropy(labels))

    def epoch(batches: keras.utils.PyDataset) -> Callable[[], object]:
        return lambda: learner.fit(batches, shuffle=False, verbose=0)

    seconds = fastest(
        {
            "from the pack": epoch(from_pack),
            "one batch in memory, again and again": epoch(InMemory()),
            "every file decoded, one thread": epoch(FromFiles()),
            f"every file decoded, {cores()} threads": epoch(FromFiles(workers=cores(), max_queue_size=10)),
        },
        times=times,
    )
    own = seconds["from the pack"]
    stall = 1 - seconds["one batch in memory, again and again"] / own
    reading, _ = rate(lambda: [from_pack[number] for number in range(len(from_pack))], 1)
    rows = [(words, f"{each:.2f}", f"{each / own:.2f}") for words, each in seconds.items()]
    return [
        *rows,
        ("share of a step that waits for the pack, %", f"{100 * max(stall, 0):.1f}", ""),
        ("reading the batches with nothing beside it, % of the epoch", f"{100 / reading / own:.1f}", ""),
    ]


def inference_rows(pixels: NDArray[np.uint8], *, times: int = TURNS) -> list[Sequence[str]]:
    """Images a second of each network, in the batches that `predict` makes."""
    from model import network
    from model.inference.predict import BATCH as SCORED_TOGETHER
    from model.inference.predict import logits

    images = np.resize(pixels, (INFERENCE_BATCHES * SCORED_TOGETHER, *pixels.shape[1:]))
    rows = []
    for name in NETWORKS:
        built = network.build(name, image_size=pixels.shape[1], outputs=1, dropout=0.0)
        seconds = fastest({name: lambda built=built: logits(built, images)}, times=times)[name]
        rows.append((name, f"{len(images) / seconds:.1f}"))
    return rows


def help_row() -> Sequence[str]:
    """The fastest of some `cxr510k --help`."""
    command = Path(sys.executable).with_name("cxr510k")
    return "`cxr510k --help`", f"{min(measured([command, '--help']).seconds for _ in range(TURNS)):.2f}"


def _synthetic(path: Path, seed: int) -> Path:
    """Something as smooth and as noisy as a radiograph."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(30, 220, (12, 12), np.uint8)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )
    noisy = np.asarray(coarse, np.float64) + rng.normal(0, 2, (SIDE, SIDE))
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path)
    return path


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


def main() -> None:
    """Print the tables, or those that the words ask for."""
    asked = sys.argv[1:] or ["packing", "epochs", "scoring", "help"]
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pillow", "keras", "tensorflow"))
    print(f"{cores()} cores, {_load()}, Python {platform.python_version()}, {packages}\n", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        pictures = originals(Path(temporary))
        folder = repeated(pictures, max(PACKED), Path(temporary, "images"))
        if "packing" in asked:
            header = [
                f"{pictures[0].stem} and {len(pictures) - 1} more of {SIDE} pixels",
                "images/s",
                "ratio",
            ]
            print_table([*header, "processor ms an image"], packing_rows(folder))
        if {"epochs", "scoring"} & {*asked}:
            _network_tables(folder, Path(temporary, "work"), asked)
    if "help" in asked:
        print_table(["start", "seconds"], [help_row()])


def _network_tables(folder: Path, work: Path, asked: Sequence[str]) -> None:
    from model import runtime

    runtime.start("cpu")
    some = packed(folder, LEARNT, work)
    if "epochs" in asked:
        header = f"an epoch of the compact network, {LEARNT} pictures of {IMAGE_SIZE} pixels, {_load()}"
        print_table([header, "seconds", "ratio"], epoch_rows(folder, some))
    if "scoring" in asked:
        print_table(
            [f"scoring {IMAGE_SIZE} pixels in float32, {_load()}", "images/s"], inference_rows(some.pixels)
        )


if __name__ == "__main__":
    main()
