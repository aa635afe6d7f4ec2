"""Objects on or in the patient that are not anatomy: monitoring leads, tubes, lines, a pacemaker.

Owns their courses and their opacity as a line integral (no unit). Patients imaged at the bedside have more of
them, whether or not their lungs are diseased.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from protocols.cohorts.phantom.anatomy.person import ADULT_YEARS, Frame, Person
from protocols.cohorts.phantom.anatomy.shapes import SIZE, Map, Point
from protocols.cohorts.phantom.anatomy.trunk import lung_height

OVERSAMPLING = 3
GREY_PER_UNIT = 110.0


@dataclass(frozen=True, slots=True)
class Attachments:
    """The objects that one image shows."""

    leads: int
    airway_tube: bool
    central_line: bool
    feeding_tube: bool
    seed: int


def draw_attachments(rng: np.random.Generator, who: Person, *, portable: bool) -> Attachments:
    """Sample the objects of one image; most occur at the bedside only."""
    adult = who.age_years >= ADULT_YEARS
    return Attachments(
        leads=int(rng.integers(0, 5)) if portable else 0,
        airway_tube=bool(portable and rng.random() < 0.16),
        central_line=bool(rng.random() < (0.28 if portable else 0.03)),
        feeding_tube=bool(portable and adult and rng.random() < 0.16),
        seed=int(rng.integers(2**31)),
    )


def attachments(worn: Attachments, who: Person, frame: Frame) -> Map:
    """Return the additional line integral of attenuation of all attachments."""
    rng = np.random.Generator(np.random.Philox(key=[worn.seed, 0]))
    size, width = who.scale, who.half_width
    height = lung_height(who, frame)
    pen = _Pen(frame)
    corner = (
        frame.pose.field * float(rng.uniform(0.39, 0.45)),
        frame.pose.field * float(rng.uniform(0.04, 0.16)),
    )
    pen.letter_l((corner[0] - frame.pose.shift[0], corner[1] - frame.pose.shift[1]), 0.035 * frame.pose.field)
    for _ in range(worn.leads):
        side = 1 if rng.random() < 0.5 else -1
        spot = (side * width * float(rng.uniform(0.35, 1.0)), height * float(rng.uniform(-0.05, 0.95)))
        exit_point = (side * width * float(rng.uniform(0.2, 1.5)), height * float(rng.choice([-0.35, 1.5])))
        middle = ((spot[0] + exit_point[0]) / 2 + float(rng.normal(0, 3)), (spot[1] + exit_point[1]) / 2)
        pen.curve([spot, middle, exit_point], 0.12, 0.30)
        pen.disc(spot, 0.75, 0.22)
        pen.disc(spot, 0.38, 0.65)
    if worn.airway_tube:
        tip = (0.1 * size, height * float(rng.uniform(0.14, 0.26)))
        pen.curve([(0.0, -12 * size), (0.3 * size, -4 * size), tip], 0.75 * size, 0.13)
        pen.curve(
            [(0.3 * size, -12 * size), (0.6 * size, -4 * size), (tip[0] + 0.3 * size, tip[1])], 0.14, 0.40
        )
    if worn.central_line:
        side = -1 if rng.random() < 0.7 else 1
        course = [(side * 5.0 * size, -7.0 * size), (side * 3.6 * size, 0.0), (-2.0 * size, 0.14 * height)]
        pen.curve([*course, (-2.2 * size, height * float(rng.uniform(0.36, 0.55)))], 0.20 * size, 0.30)
    if worn.feeding_tube:
        course = [(0.1 * size, -12 * size), (0.4 * size, 0.3 * height), (0.7 * size, 0.8 * height)]
        pen.curve([*course, (2.0 * size, 1.08 * height), (5.5 * size, 1.2 * height)], 0.22 * size, 0.30)
    if who.pacemaker:
        box = (0.62 * width, 0.20 * height)
        pen.disc(box, 2.1 * size, 1.1)
        pen.disc((box[0] + 0.3 * size, box[1] + 1.6 * size), 1.7 * size, 1.1)
        course = [box, (4.5 * size, 0.06 * height), (-1.5 * size, 0.2 * height), (-2.4 * size, 0.6 * height)]
        pen.curve([*course, (0.5 * size, 0.88 * height), (4.0 * size, 0.93 * height)], 0.18 * size, 0.55)
    return pen.map()


class _Pen:
    """A pen in body coordinates, on a canvas finer than the film."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._side = SIZE * OVERSAMPLING
        self._scale = self._side / frame.pose.field
        self._canvas = Image.new("L", (self._side, self._side))
        self._draw = ImageDraw.Draw(self._canvas)

    def curve(self, points: Sequence[Point], width: float, opacity: float) -> None:
        """Draw a smooth curve through body points."""
        film = [self._frame.film(point, self._side) for point in _through(points)]
        self._draw.line(film, int(opacity * GREY_PER_UNIT), max(1, round(width * self._scale)), joint="curve")

    def letter_l(self, corner: Point, height: float) -> None:
        """Draw the lead letter that marks the patient's left."""
        stroke = [corner, (corner[0], corner[1] + height), (corner[0] + 0.55 * height, corner[1] + height)]
        film = [self._frame.film(point, self._side) for point in stroke]
        self._draw.line(film, 255, max(1, round(0.2 * height * self._scale)))

    def disc(self, centre: Point, radius: float, opacity: float) -> None:
        """Draw a filled circle."""
        column, row = self._frame.film(centre, self._side)
        reach = radius * self._scale
        box = (column - reach, row - reach, column + reach, row + reach)
        self._draw.ellipse(box, fill=int(opacity * GREY_PER_UNIT))

    def map(self) -> Map:
        """Return the line integral at the film's size."""
        return np.asarray(self._canvas.reduce(OVERSAMPLING), dtype=np.float32) / GREY_PER_UNIT


def _through(points: Sequence[Point]) -> list[Point]:
    """Return a Catmull-Rom spline through the points."""
    padded = np.array([points[0], *points, points[-1]], dtype=np.float64)
    share = np.linspace(0, 1, 12)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(
            b + 0.5 * share * (c - a + share * (2 * a - 5 * b + 4 * c - d + share * (3 * (b - c) + d - a)))
        )
    return [(float(x), float(y)) for x, y in np.concatenate(pieces)]
