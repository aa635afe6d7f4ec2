"""Contents of the lungs: branching vessels, hila and the fine texture of the parenchyma.

Owns centimetres of blood and the relative density of the parenchyma. The lungs' outline is `trunk`'s.
"""

from math import cos, sin
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from protocols.cohorts.phantom.anatomy.person import Frame, Person
from protocols.cohorts.phantom.anatomy.shapes import SIZE, Map, Point, bell, chord, smooth_noise, to_segment
from protocols.cohorts.phantom.anatomy.trunk import lung_height

OVERSAMPLING = 2
GREY_PER_CM = 90
FINEST = 0.095  # cm, radius of the last branches in an adult
OLDEST = 8  # generations
# Relative variation of the parenchyma's density, and how many grains of that size fit along the film.
GRAINS = ((0.05, 100), (0.05, 56), (0.03, 12))
# Direction from the hilum (radians, negative = up) and radius (cm) of each first branch.
BRANCHES = (
    (-1.35, 0.34),
    (-1.00, 0.36),
    (-0.55, 0.32),
    (-0.10, 0.34),
    (0.30, 0.40),
    (0.65, 0.46),
    (0.95, 0.52),
    (1.25, 0.50),
)


class Vessel(NamedTuple):
    """A straight piece of a vessel, in body coordinates (cm)."""

    radius: float
    start: Point
    end: Point


def vessels(who: Person, frame: Frame) -> Map:
    """Return the centimetres of blood in the vessels and hila of both lungs along each ray."""
    rng = np.random.Generator(np.random.Philox(key=[who.seed, 3]))
    size, height = who.scale, lung_height(who, frame)
    swelling = 1 + 0.35 * frame.pose.congestion
    canvas = Image.new("L", (SIZE * OVERSAMPLING, SIZE * OVERSAMPLING))
    draw = ImageDraw.Draw(canvas)
    pixels_per_cm = SIZE * OVERSAMPLING / frame.pose.field
    pieces: list[Vessel] = []
    hila = np.zeros_like(frame.x)
    for side, level in ((-1, 0.44), (1, 0.41)):
        hilum = (side * 3.4 * size + 0.6 * frame.pose.turn, level * height)
        for angle, radius in BRANCHES:
            pieces += _tree(rng, hilum, angle, radius * size * who.vessels, side=side, size=size)
        knot = bell(frame.x - hilum[0], 1.3 * size) * bell(frame.y - hilum[1], 2.1 * size)
        hila += 1.9 * size * swelling * knot
    pieces.sort()
    places = np.array([(*piece.start, *piece.end) for piece in pieces]).T
    starts, ends = (frame.film((places[at], places[at + 1]), SIZE * OVERSAMPLING) for at in (0, 2))
    for piece, line in zip(pieces, np.stack([*starts, *ends], axis=1).tolist(), strict=True):
        radius = swelling * piece.radius
        grey = int(2.2 * size * (radius / size) ** 0.75 * GREY_PER_CM)
        draw.line(line, fill=min(255, grey), width=max(1, round(2 * radius * pixels_per_cm)))
    blood = np.asarray(canvas.reduce(OVERSAMPLING), dtype=np.float32) / GREY_PER_CM + hila
    return blood + _scar(rng, who, frame) if who.scar else blood


def _scar(rng: np.random.Generator, who: Person, frame: Frame) -> Map:
    """Return a plate of collapsed lung seen from its edge."""
    side, level, tilt = rng.random(3).tolist()
    inner = (0.35 if side < 0.5 else -0.35) * who.half_width
    down = (0.68 + 0.22 * level) * lung_height(who, frame)
    end = (2.3 * inner, down + (4 * tilt - 2) * who.scale)
    return 3.0 * chord(to_segment(frame.x, frame.y, (inner, down), end)[0], 0.24 * who.scale)


def _tree(
    rng: np.random.Generator, hilum: Point, angle: float, radius: float, *, side: int, size: float
) -> list[Vessel]:
    """Return one first branch and all branches that grow from it."""
    pieces = []
    angle += 0.12 * float(rng.standard_normal())
    start = (hilum[0] + 0.5 * side * size * cos(angle), hilum[1] + 1.3 * size * sin(angle))
    growing = [(start, angle, radius, 0)]
    while growing:
        start, angle, radius, generation = growing.pop()
        if radius < FINEST * size or generation > OLDEST:
            continue
        length, fork, wide, bend = rng.random(4).tolist()
        length = (1.1 + 0.7 * length) * size
        end = (start[0] + side * cos(angle) * length, start[1] + sin(angle) * length)
        pieces.append(Vessel(radius, start, end))
        angle += 0.5 * (bend - 0.5)
        if generation > 0 and fork < 0.6:
            growing.append((end, angle + 0.30 + 0.3 * wide, radius * 0.74, generation + 1))
            growing.append((end, angle - 0.20 - 0.2 * wide, radius * 0.80, generation + 1))
        else:
            growing.append((end, angle, radius * 0.90, generation + 1))
    return pieces


def parenchyma(who: Person) -> Map:
    """Return the density of the lung relative to its mean: fine reticulation and slow drifts around 1."""
    rng = np.random.Generator(np.random.Philox(key=[who.seed, 4]))
    density = np.ones((SIZE, SIZE), dtype=np.float32)
    for variation, cells in GRAINS:
        density += variation * smooth_noise(rng, cells)
    return density
