"""Image files of a cohort: grey levels by class, sizes and faults, from a deterministic sample.

Owns the choice of the sample and its numbers. Decoding is `protocols.images`'s; an image that cannot be decoded is
counted with its reason. Every number of an image comes from its integer counts of grey levels.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.cohorts.profile.people import spread_of
from protocols.cohorts.profile.profile_parts import CLASSES, Fault, Look, PictureProfile, Size
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.parallel.local import spread
from protocols.storage.canonical import rounded, sha256_bytes
from protocols.tables.records import Studies

MOST_SAMPLED = 1000
POOL_FROM = 200  # fewer are decoded before processes have started
GREY_LEVELS, BINS, DISTRIBUTION_BINS = 256, 64, 32
GREATEST_DEVIATION = 128  # of grey levels: half of them black, half white
MOST_SIZES = 12


@dataclass(frozen=True, slots=True)
class GreyLevels:
    """One decoded image: its size and the number of pixels of each grey level; or a fault."""

    rows: int
    columns: int
    counts: tuple[int, ...]
    fault: str = ""

    @property
    def mean(self) -> float:
        """Mean grey level."""
        return sum(level * count for level, count in enumerate(self.counts)) / sum(self.counts)

    @property
    def deviation(self) -> float:
        """Standard deviation of the grey levels over the image."""
        pixels = sum(self.counts)
        total = sum(level * count for level, count in enumerate(self.counts))
        squares = sum(level * level * count for level, count in enumerate(self.counts))
        return math.sqrt(pixels * squares - total * total) / pixels

    @property
    def constant(self) -> bool:
        """Whether all pixels have one grey level."""
        return sum(count > 0 for count in self.counts) == 1


def files_of(studies: Studies, folder: ImageFolder) -> tuple[Path | None, ...]:
    """Return the file of each image; None where it is missing.

    Raises:
        BadInputError: an image path is absolute, or two files have the name of one image.
    """
    paths = studies.image_path or ("",) * len(studies)
    return tuple(
        _file_or_none(folder, image, path) for image, path in zip(studies.image_id, paths, strict=True)
    )


def in_order_of_hash(studies: Studies, rows: Sequence[int]) -> list[int]:
    """Return the rows in the order of the SHA-256 of their image ids: pseudo-random and reproducible."""
    return sorted(rows, key=lambda row: sha256_bytes(studies.image_id[row].encode("utf-8")))


def spread_over(available: Mapping[str, int], total: int) -> dict[str, int]:
    """Return how many images to take of each class, as equal as the available numbers allow."""
    taken: dict[str, int] = {}
    names = sorted(available, key=available.__getitem__)
    for place, name in enumerate(names):
        taken[name] = min(available[name], (total - sum(taken.values())) // (len(names) - place))
    return taken


def picture_profile(
    studies: Studies,
    names: Sequence[str],
    files: Sequence[Path | None],
    *,
    workers: int,
    progress: Callable[[int, int], None],
) -> PictureProfile | None:
    """Decode the sample and summarise it.

    Args:
        studies: in the order of image_id.
        names: the class of each image.
        files: the file of each image; see `files_of`.
        workers: processes that decode, where the sample is large.
        progress: called in this process with the number of images done and the total.

    Returns:
        None where no image has a file.
    """
    there = [row for row, file in enumerate(files) if file is not None]
    if not there:
        return None
    sample = _sample(studies, names, there)
    decoded: dict[str, list[GreyLevels]] = {name: [] for name in CLASSES}
    faults: Counter[str] = Counter()
    paths = [path for row in sample if (path := files[row]) is not None]
    workers = workers if len(paths) > POOL_FROM else 1
    with closing(spread(grey_levels, paths, workers=workers)) as counted:
        for done, (row, levels) in enumerate(zip(sample, counted, strict=True), start=1):
            if levels.fault:
                faults[levels.fault] += 1
            else:
                decoded[names[row]].append(levels)
            progress(done, len(sample))
    everything = [levels for name in CLASSES for levels in decoded[name]]
    aspects = np.array([levels.columns / levels.rows for levels in everything], dtype=np.float64)
    return PictureProfile(
        found=len(there),
        missing=len(files) - len(there),
        sampled=len(sample),
        faults=tuple(Fault(reason=reason, pictures=faults[reason]) for reason in sorted(faults)),
        looks={name: _look(decoded[name]) for name in CLASSES if decoded[name]},
        constant=sum(levels.constant for levels in everything),
        sizes=_sizes(everything),
        aspects=spread_of(aspects) if everything else None,
    )


def grey_levels(path: Path) -> GreyLevels:
    """Count the grey levels of one file."""
    try:
        pixels = read_image(path).pixels
    except UndecodableImageError as error:
        return GreyLevels(0, 0, (), error.reason)
    counts = np.bincount(pixels.ravel(), minlength=GREY_LEVELS)
    return GreyLevels(pixels.shape[0], pixels.shape[1], tuple(counts.tolist()))


def _file_or_none(folder: ImageFolder, image_id: str, image_path: str) -> Path | None:
    try:
        return folder.path_of(image_id, image_path)
    except UndecodableImageError:
        return None


def _sample(studies: Studies, names: Sequence[str], there: Sequence[int]) -> list[int]:
    rows = {name: [row for row in there if names[row] == name] for name in CLASSES}
    wanted = spread_over({name: len(of_class) for name, of_class in rows.items()}, MOST_SAMPLED)
    return [row for name in CLASSES for row in in_order_of_hash(studies, rows[name])[: wanted[name]]]


def _look(images: Sequence[GreyLevels]) -> Look:
    means = np.array([image.mean for image in images])
    deviations = np.array([image.deviation for image in images])
    histogram = [0.0] * BINS
    for image in images:
        pixels, width = sum(image.counts), GREY_LEVELS // BINS
        for place in range(BINS):
            histogram[place] += sum(image.counts[place * width : (place + 1) * width]) / pixels
    return Look(
        pictures=len(images),
        histogram=tuple(rounded(total / len(images)) for total in histogram),
        means=spread_of(means),
        deviations=spread_of(deviations),
        mean_bins=_binned(means, GREY_LEVELS),
        deviation_bins=_binned(deviations, GREATEST_DEVIATION),
    )


def _binned(values: NDArray[np.float64], end: int) -> tuple[int, ...]:
    counts = np.histogram(values, bins=DISTRIBUTION_BINS, range=(0, end))[0]
    return tuple(counts.tolist())


def _sizes(images: Sequence[GreyLevels]) -> tuple[Size, ...]:
    counts = Counter((image.columns, image.rows) for image in images)
    frequent = sorted(counts, key=lambda size: (-counts[size], size))[:MOST_SIZES]
    return tuple(Size(columns=size[0], rows=size[1], pictures=counts[size]) for size in frequent)
