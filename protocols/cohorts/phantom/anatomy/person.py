"""A simulated patient and the patient's pose before the detector: every parameter of the anatomy.

Owns the distributions by age and sex. Sizes follow ordinary adult anatomy (inner half-width of the thorax 13 to
14 cm, cardiothoracic ratio 0.46) and scale down for children; no real person is described.
"""

from dataclasses import dataclass
from math import cos, sin
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from protocols.cohorts.phantom.anatomy.shapes import SIZE, Map, Point, smooth_noise

ADULT_YEARS = 17.0
Places = TypeVar("Places", Point, tuple[NDArray[np.float64], NDArray[np.float64]])


@dataclass(frozen=True, slots=True)
class Person:
    """The parameters that are the same in all images of a patient. Lengths in centimetres."""

    age_years: float
    female: bool
    scale: float  # body size, an adult man = 1
    girth: float  # soft tissue, an average build = 1
    half_width: float  # inner half-width of the thorax at its base
    height: float  # from the apex of the lungs to the right dome, full breath
    depth: float  # front to back, outside
    heart: float  # transverse diameter of the heart / inner width of the thorax
    aorta: float  # size of the aortic knob, a young adult = 1
    breast: float  # 0 = none
    bone: float  # density, a young adult = 1
    scoliosis: float
    rib_fall: float  # slope of the ribs, a young adult = 1
    rib_phase: float
    clavicle_lift: float
    shoulder_drop: float
    dome: float  # curvature of the diaphragm, 1 = average
    left_drop: float  # how much lower the left dome is
    vessels: float  # calibre, an average person = 1
    scar: bool  # a thin band at the base of one lung, old and harmless
    pacemaker: bool
    seed: int  # of details too fine to be listed here


@dataclass(frozen=True, slots=True)
class Pose:
    """The parameters that change from image to image. Lengths in centimetres, angles in radians."""

    portable: bool  # AP, lying or sitting, detector behind the back
    field: float  # side of the detector
    tilt: float
    shift: Point
    turn: float  # how far rotation moves the front of the chest sideways
    breath: float  # height lost to a shallow breath
    arms: Point  # the elbow, from the shoulder
    gas: float  # fill of the gastric bubble, 0 to 1
    congestion: float  # widening of the vessels, 0 to 1
    fluid: float  # height of the pleural effusion at the wall
    fluid_side: int  # -1 on the image's left, 1 on its right


@dataclass(frozen=True, slots=True)
class Frame:
    """Body coordinates of each pixel: x from the midline to the patient's left, y down from the lungs' apex."""

    x: Map
    y: Map
    pose: Pose

    def film(self, points: Places, size: int) -> Places:
        """Return the columns and rows of body points (x, y) on a canvas of ``size`` pixels."""
        turned, upright = sin(self.pose.tilt), cos(self.pose.tilt)
        column = upright * points[0] - turned * points[1] + self.pose.shift[0]
        row = turned * points[0] + upright * points[1] + self.pose.shift[1]
        return (column / self.pose.field + 0.5) * size, row / self.pose.field * size


def person(rng: np.random.Generator, *, age_years: float, female: bool) -> Person:
    """Sample a patient of this age and sex."""

    def around(mean: float, spread: float) -> float:
        return mean * (1 + spread * float(rng.standard_normal()))

    grown = min(age_years, ADULT_YEARS) / ADULT_YEARS
    old = max(0.0, (age_years - 50) / 45)
    adult = grown == 1
    scale = (0.46 + 0.54 * grown**0.85) * (0.93 if female and age_years >= 13 else 1.0) * around(1, 0.045)
    girth = float(np.clip(around(1.06, 0.22), 0.72, 1.7))
    girth = girth if adult else 0.85 + 0.25 * (girth - 0.85)
    large_heart = 0.10 if rng.random() < 0.12 else 0.0
    heart = around(0.455, 0.07) * (1 + 0.12 * old) + 0.07 * (1 - grown) + large_heart
    return Person(
        age_years=age_years,
        female=female,
        scale=scale,
        girth=girth,
        half_width=13.9 * scale * around(1, 0.035),
        height=23.6 * scale * around(1, 0.06) * (0.86 + 0.14 * grown) * (1 - 0.06 * old),
        depth=(20.5 + 5.0 * (girth - 1)) * scale * around(1 + 0.10 * old, 0.04),
        heart=float(np.clip(heart, 0.38, 0.64)),
        aorta=(0.75 + 0.25 * grown + 0.40 * old) * around(1, 0.08),
        breast=float(np.clip(around(0.95, 0.5), 0.25, 2.0)) * girth if female and age_years >= 13 else 0.0,
        bone=(0.75 + 0.25 * grown) * (1 - (0.42 if female else 0.30) * old) * around(1, 0.07),
        scoliosis=(0.25 + 0.7 * old) * scale * float(rng.standard_normal()),
        rib_fall=(0.75 + 0.25 * grown) * around(1, 0.14),
        rib_phase=0.5 * scale * float(rng.standard_normal()),
        clavicle_lift=0.8 * scale * float(rng.standard_normal()),
        shoulder_drop=(1.4 + 0.6 * float(rng.standard_normal())) * scale,
        dome=around(1, 0.22),
        left_drop=around(1.1, 0.45) * scale,
        vessels=around(1, 0.14),
        scar=rng.random() < 0.04 + 0.10 * old,
        pacemaker=age_years > 55 and rng.random() < 0.08,
        seed=int(rng.integers(2**31)),
    )


def draw_pose(rng: np.random.Generator, who: Person, *, portable: bool) -> Pose:
    """Sample the pose of one image: PA standing, or AP with a portable unit."""
    size = who.scale
    field = (9 + 28 * size) * (1 + 0.03 * float(rng.standard_normal()))
    breath = float(np.clip(rng.normal(3.0, 1.3), 0.3, 6.0)) if portable else abs(float(rng.normal(0, 0.7)))
    effusion = rng.random() < (0.16 if portable else 0.06)
    return Pose(
        portable=portable,
        field=field,
        tilt=float(rng.normal(0, 0.05 if portable else 0.015)),
        shift=(
            float(rng.normal(0, 0.8 if portable else 0.5)) * size,
            float(rng.normal(5.0, 0.8)) * size + 0.35 * (field - 37 * size),
        ),
        turn=float(rng.normal(0, 0.9 if portable else 0.25)) * size,
        breath=breath * size,
        arms=(
            float(rng.uniform(2.5, 5.0) if portable else rng.uniform(6, 10)) * size,
            (24 if portable else 16) * size,
        ),
        gas=float(rng.random()),
        congestion=float(rng.random()) if rng.random() < (0.25 if portable else 0.10) else 0.0,
        fluid=float(rng.uniform(2.5, 7.0)) * size if effusion else 0.0,
        fluid_side=1 if rng.random() < 0.5 else -1,
    )


def frame(who: Person, pose: Pose) -> Frame:
    """Lay the film's pixels over the body, slightly bent so that no outline is a perfect curve."""
    rng = np.random.Generator(np.random.Philox(key=[who.seed, 0]))
    cell = pose.field / SIZE
    places = (np.arange(SIZE, dtype=np.float32) + 0.5) * cell
    across = (places - pose.field / 2 - pose.shift[0])[None, :]
    down = (places - pose.shift[1])[:, None]
    turned, upright = sin(pose.tilt), cos(pose.tilt)
    bend = 0.16 * who.scale
    x = upright * across + turned * down + bend * smooth_noise(rng, 6)
    y = upright * down - turned * across + bend * smooth_noise(rng, 6)
    return Frame(x, y, pose)
