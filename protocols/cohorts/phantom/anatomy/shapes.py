"""Projections of simple solids in parallel X-rays: centimetres of each that a ray crosses.

Owns the few curves of which the whole anatomy is made. Every map is float32 [SIZE, SIZE], row 0 at the top, or
a band of its rows; distances and thicknesses are in centimetres.
"""

from math import cos, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE = 256
Map = NDArray[np.floating[Any]]
Point = tuple[float, float]


def rounded(depth: Map, radius: float) -> Map:
    """Return the fraction of full thickness, 0 to 1, at a depth inside an outline whose edge has this radius."""
    share = np.clip(depth / radius, 0, 1)
    profile: Map = np.sqrt(share * (2 - share))
    return profile


def chord(distance: Map, radius: Map | float) -> Map:
    """Return the thickness of a solid cylinder at a distance from its axis."""
    half: Map = np.sqrt(np.maximum(radius * radius - distance * distance, 0))
    return 2 * half


def bell(offset: Map, width: float) -> Map:
    """Return the Gaussian exp(-(offset / width)^2): 1 at offset 0, 1/e at ``width``."""
    ratio = offset / width
    height: Map = np.exp(-ratio * ratio)
    return height


def tube(distance: Map, radius: Map | float, wall: float) -> Map:
    """Return the thickness of compact bone in a hollow bone whose marrow space is 15 % bone."""
    return chord(distance, radius) - 0.85 * chord(distance, radius - wall)


def step(depth: Map, width: float) -> Map:
    """Return 0 outside and 1 inside, smooth over ``width`` centimetres around depth 0."""
    share: Map = np.clip(depth / width + 0.5, 0, 1)
    return share * share * (3 - 2 * share)


def merged(first: Map, second: Map, blend: float) -> Map:
    """Return the larger of two depths, the seam rounded over ``blend`` centimetres."""
    seam = np.maximum(blend - np.abs(first - second), 0)
    larger: Map = np.maximum(first, second) + seam * seam / (4 * blend)
    return larger


def ellipse(x: Map, y: Map, centre: Point, axes: Point, angle: float = 0.0) -> Map:
    """Return the depth inside an ellipse, negative outside, exact on the shorter axis; ``angle`` in radians."""
    turned, upright = sin(angle), cos(angle)
    dx, dy = x - centre[0], y - centre[1]
    p, q = (upright * dx + turned * dy) / axes[0], (upright * dy - turned * dx) / axes[1]
    depth: Map = (1 - np.sqrt(p * p + q * q)) * min(axes)
    return depth


def either(inside: NDArray[np.bool_], first: Map | float, second: Map | float) -> Map:
    """Return ``first`` where the condition is true, else ``second``, in single precision."""
    return np.where(inside, np.float32(first), np.float32(second))


def to_segment(x: Map, y: Map, start: Point, end: Point) -> tuple[Map, Map]:
    """Return the distance to a line segment, and the fraction of its length, 0 to 1, at the nearest point."""
    vx, vy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * vx + (y - start[1]) * vy) / (vx * vx + vy * vy), 0, 1)
    dx, dy = x - start[0] - along * vx, y - start[1] - along * vy
    return np.sqrt(dx * dx + dy * dy), along


def resized(small: Map) -> Map:
    """Resize a coarse map to the film's size by cubic interpolation."""
    return np.asarray(Image.fromarray(small).resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def smooth_noise(rng: np.random.Generator, cells: int) -> Map:
    """Return noise of about unit variance whose grains are ``SIZE / cells`` pixels wide."""
    return resized(rng.standard_normal((cells, cells), dtype=np.float32))


def softened(image: Map, times: int = 1) -> Map:
    """Blur a map with the 3 x 3 binomial kernel, edges repeated."""
    for _ in range(times):
        tall = np.pad(image, ((1, 1), (0, 0)), mode="edge")
        image = (tall[:-2] + 2 * tall[1:-1] + tall[2:]) * 0.25
        broad = np.pad(image, ((0, 0), (1, 1)), mode="edge")
        image = (broad[:, :-2] + 2 * broad[:, 1:-1] + broad[:, 2:]) * 0.25
    return image


def spread(image: Map, times: int) -> Map:
    """Blur a map over many pixels: soften it ``times`` on a grid eight times coarser."""
    return resized(softened(np.asarray(Image.fromarray(image).reduce(8)), times))
