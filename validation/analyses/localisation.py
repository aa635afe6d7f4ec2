"""Localisation against the readers' boxes: pointing game and overlap, with patients as clusters.

Owns the choice of images, the geometry of point, region and boxes, and the baselines that ignore the image. The tables
are `protocols.tables.boxes_and_marks`; the intervals `proportions` and `linearisation`. It does not use the score, and
nothing here decides.
Sources: Zhang et al. 2018 (pointing game); Jaccard 1912 (intersection over union).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.storage.canonical import rounded
from protocols.tables.boxes_and_marks import Boxes, Mark, Marks, Rectangles
from validation.cohort.join import POSITIVE, JoinedCohort
from validation.intervals.linearisation import patient_sums, student_interval, total
from validation.intervals.proportions import clustered_proportion, exact_clustered
from validation.results.secondary import Baseline, Localisation, Localised, Measured, OverlapBin

NO_IMAGE = "not estimable: no image with a box"
BINS = 10  # of the overlap, from 0 to 1
PLACES_ACROSS = 64  # of the grid searched for the best fixed place


class Rectangle(NamedTuple):
    """Edges in fractions of the image."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Area as a fraction of the image; 0 for an empty intersection."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def within(self, other: "Rectangle") -> "Rectangle":
        """Return its intersection with another."""
        return Rectangle(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def contains(self, x: float, y: float) -> bool:
        """Return whether a point is in it or on its edge."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def rectangles(boxes: Rectangles) -> tuple[Rectangle, ...]:
    """Return boxes as edges, from left, top, width, height of shape (n, 4)."""
    return tuple(
        Rectangle(left, top, left + width, top + height) for left, top, width, height in boxes.tolist()
    )


def area_of_union(some: Sequence[Rectangle]) -> float:
    """Compute the area of the union of rectangles."""
    across = sorted({edge for one in some for edge in (one.left, one.right)})
    down = sorted({edge for one in some for edge in (one.top, one.bottom)})
    cells = (
        Rectangle(left, top, right, bottom)
        for left, right in itertools.pairwise(across)
        for top, bottom in itertools.pairwise(down)
    )
    covered = [
        cell.area
        for cell in cells
        if any(
            one.left <= cell.left
            and cell.right <= one.right
            and one.top <= cell.top
            and cell.bottom <= one.bottom
            for one in some
        )
    ]
    return total(np.array(covered))


def overlap(region: Rectangle, boxes: Sequence[Rectangle]) -> float:
    """Compute the intersection over union of a region with all boxes together, in [0, 1]."""
    intersection = area_of_union([part for box in boxes if (part := box.within(region)).area > 0])
    return min(1.0, intersection / (region.area + area_of_union(boxes) - intersection))


@dataclass(frozen=True, slots=True)
class _Pointed:
    """One image with a box: its patient and cluster, test result, mark, hit or miss, and overlap."""

    patient: str
    cluster: str
    called: bool
    mark: Mark | None
    hit: bool
    overlap: float


def localisation(
    cohort: JoinedCohort, boxes: Boxes | None, marks: Marks | None, confidence_level: float
) -> Localisation | None:
    """Compute the pointing game and the overlap; None without boxes or without marks.

    Args:
        cohort: all images.
        boxes: of the reference standard.
        marks: of the device; an image without one is a miss without overlap.
        confidence_level: two-sided.
    """
    if boxes is None or marks is None:
        return None
    boxed = {image: rectangles(found) for image, found in boxes.by_image().items()}
    analysed = cohort.analysed
    positive = analysed & (cohort.truth == POSITIVE) & ~np.isnan(cohort.score)
    has_box = np.array([image in boxed for image in cohort.image_id], dtype=np.bool_)
    rows = np.flatnonzero(positive & has_box).tolist()
    images = [boxed[cohort.image_id[row]] for row in rows]
    grouped = cohort.cluster is not None
    clusters = cohort.cluster or cohort.patient_id
    pointed = [
        _pointed(
            cohort.patient_id[row],
            clusters[row],
            bool(cohort.called[row]),
            marks.by_image.get(cohort.image_id[row]),
            own,
        )
        for row, own in zip(rows, images, strict=True)
    ]
    known = set(cohort.image_id)
    baselines, place = _baselines(pointed, images, confidence_level)
    return Localisation(
        positives=int(positive.sum()),
        without_box=int((positive & ~has_box).sum()),
        boxed_not_positive=int((analysed & has_box & (cohort.truth != POSITIVE)).sum()),
        boxes=sum(map(len, images)),
        whole=_localised(pointed, confidence_level, grouped=grouped),
        called=_localised([one for one in pointed if one.called], confidence_level, grouped=grouped),
        not_called=_localised([one for one in pointed if not one.called], confidence_level, grouped=grouped),
        baselines=baselines,
        fixed_place=place,
        overlaps=_bins(pointed),
        unused_boxes=sum(image not in known for image in boxes.image_id),
        unused_marks=sum(image not in known for image in marks.by_image),
    )


def _pointed(
    patient: str, cluster: str, called: bool, mark: Mark | None, boxes: Sequence[Rectangle]
) -> _Pointed:
    if mark is None:
        return _Pointed(patient, cluster, called, mark, hit=False, overlap=0.0)
    (region,) = rectangles(np.array([mark.region]))
    hit = any(box.contains(mark.x, mark.y) for box in boxes)
    return _Pointed(patient, cluster, called, mark, hit=hit, overlap=overlap(region, boxes))


def _localised(pointed: Sequence[_Pointed], confidence_level: float, *, grouped: bool) -> Localised:
    names = sorted({one.cluster for one in pointed})
    place = {name: number for number, name in enumerate(names)}
    cluster = np.array([place[one.cluster] for one in pointed], dtype=np.intp)
    hits = np.array([one.hit for one in pointed], dtype=np.float64)
    overlaps = np.array([one.overlap for one in pointed], dtype=np.float64)
    return Localised(
        images=len(pointed),
        patients=len({one.patient for one in pointed}),
        marked=sum(one.mark is not None for one in pointed),
        hits=int(hits.sum()),
        hit_rate=_hit_rate(hits, cluster, len(names), confidence_level, grouped=grouped),
        overlap=_mean_of(overlaps, cluster, len(names), confidence_level),
    )


def _hit_rate(
    hits: NDArray[np.float64],
    cluster: NDArray[np.intp],
    clusters: int,
    confidence_level: float,
    *,
    grouped: bool,
) -> Measured:
    """Compute the proportion of hits with its exact clustered interval."""
    if not len(hits):
        return Measured(None, None, NO_IMAGE)
    trials = patient_sums(np.ones(len(hits)), cluster, clusters)
    hits = patient_sums(hits, cluster, clusters)
    clustered = clustered_proportion(hits, trials, confidence_level, grouped=grouped)
    low, high = exact_clustered(clustered, confidence_level)
    return Measured(rounded(clustered.proportion), (rounded(low), rounded(high)))


def _mean_of(
    values: NDArray[np.float64],
    cluster: NDArray[np.intp],
    clusters: int,
    confidence_level: float,
    *,
    within: tuple[float, float] = (0.0, 1.0),
) -> Measured:
    """Compute the mean over images with its linearised interval, limited to the range of the values."""
    if not len(values):
        return Measured(None, None, NO_IMAGE)
    mean = total(values) / len(values)
    influence = patient_sums(values - mean, cluster, clusters) / len(values)
    measured = student_interval(mean, influence, confidence_level)
    if measured.interval is None:
        return measured
    low, high = measured.interval
    return Measured(measured.value, (max(within[0], low), min(within[1], high)))


def _of_other_patients(
    pointed: Sequence[_Pointed], images: Sequence[Sequence[Rectangle]]
) -> NDArray[np.float64] | None:
    """Compute per image the proportion of other patients' images whose mark would hit; None for a single patient."""
    patient = np.unique([one.patient for one in pointed], return_inverse=True)[1]
    if len(set(patient.tolist())) < 2:
        return None
    # NaN: an image without a mark never hits.
    x, y = (
        np.array([np.nan if one.mark is None else getattr(one.mark, axis) for one in pointed])
        for axis in "xy"
    )
    rates = np.empty(len(pointed))
    for place, boxes in enumerate(images):
        others = patient != patient[place]
        inside = np.zeros(len(pointed), dtype=np.bool_)
        for box in boxes:
            inside |= (box.left <= x) & (x <= box.right) & (box.top <= y) & (y <= box.bottom)
        rates[place] = (inside & others).sum() / others.sum()
    return rates


def _best_place(images: Sequence[Sequence[Rectangle]]) -> tuple[float, float]:
    """Find the grid centre that is in boxes of the most images; of equal ones the first, row by row."""
    centres = (np.arange(PLACES_ACROSS) + 0.5) / PLACES_ACROSS
    counts = np.zeros((PLACES_ACROSS, PLACES_ACROSS), dtype=np.int64)
    for boxes in images:
        covered = np.zeros_like(counts, dtype=np.bool_)
        for box in boxes:
            down = (centres >= box.top) & (centres <= box.bottom)
            across = (centres >= box.left) & (centres <= box.right)
            covered |= down[:, None] & across
        counts += covered
    row, column = divmod(int(counts.argmax()), PLACES_ACROSS)
    return float(centres[column]), float(centres[row])


def _baselines(
    pointed: Sequence[_Pointed], images: Sequence[Sequence[Rectangle]], level: float
) -> tuple[tuple[Baseline, ...], tuple[float, float] | None]:
    """Compute the baselines that ignore the image, and the point of the second."""
    if not images:
        return (), None
    place = _best_place(images)
    blind = {
        "chance": np.array([area_of_union(boxes) for boxes in images]),
        "fixed_place": np.array([float(any(box.contains(*place) for box in boxes)) for boxes in images]),
        "swapped": _of_other_patients(pointed, images),
    }
    cluster, names = pd.factorize(np.array([one.cluster for one in pointed], dtype=object), sort=True)
    hits = np.array([float(one.hit) for one in pointed])
    found = []
    for name, rates in blind.items():
        if rates is not None:
            difference = _mean_of(hits - rates, cluster, len(names), level, within=(-1.0, 1.0))
            found.append(Baseline(name, rounded(total(rates) / len(rates)), difference))
    return tuple(found), (rounded(place[0]), rounded(place[1]))


def _bins(pointed: Sequence[_Pointed]) -> tuple[OverlapBin, ...]:
    number = [min(BINS - 1, int(BINS * rounded(one.overlap))) for one in pointed]
    hits, misses = (
        [
            sum(found == place and one.hit is hit for found, one in zip(number, pointed, strict=True))
            for place in range(BINS)
        ]
        for hit in (True, False)
    )
    return tuple(
        OverlapBin(place / BINS, (place + 1) / BINS, hits[place], misses[place]) for place in range(BINS)
    )
