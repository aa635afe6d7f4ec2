"""Soft tissue and air of the trunk: body wall, lungs, diaphragm, heart, great vessels, breasts, stomach.

Owns the centimetres of soft tissue and of aerated lung that each ray crosses. Bones are `skeleton`'s; vessels
and disease within the lung are `lungs`'.
"""

from dataclasses import dataclass

import numpy as np

from protocols.cohorts.phantom.anatomy.person import ADULT_YEARS, Frame, Person
from protocols.cohorts.phantom.anatomy.shapes import (
    Map,
    Point,
    chord,
    either,
    ellipse,
    merged,
    rounded,
    step,
    to_segment,
)


@dataclass(frozen=True, slots=True)
class Trunk:
    """Centimetres of soft tissue and of aerated lung along each ray."""

    soft: Map
    lung: Map


def lung_height(who: Person, frame: Frame) -> float:
    """Return the distance from the apex of the lungs to the right dome in this image, in centimetres."""
    return who.height - frame.pose.breath


def cage_half_width(level: Map | float, base: float) -> Map | float:
    """Return the inner half-width of the rib cage at a level, a fraction of the lung's height."""
    return base * (1 - 0.56 * np.maximum(1 - np.maximum(level, -0.3) / 0.72, 0) ** 2.2)


def shoulder(who: Person, frame: Frame) -> Point:
    """Return the centre of the left shoulder joint."""
    raised = -1.0 if frame.pose.portable else 0.8
    return 0.96 * who.half_width + 4.4 * who.scale, 1.6 * who.scale + who.shoulder_drop + raised * who.scale


def trunk(who: Person, frame: Frame) -> Trunk:
    """Return the trunk of this person in this pose."""
    below = _below_diaphragm(who, frame)
    belly = rounded(below, 3.0 * who.scale)
    heart, vessels = _mediastinum(who, frame)
    inner_depth = who.depth - (4.6 + 1.2 * (who.girth - 1)) * who.scale
    lung = _cage(who, frame, inner_depth)
    recess = 0.10 * np.exp(np.minimum(-below / (2.5 * who.scale), 0))
    lung = lung * (1 - belly * (1 - recess))
    solid = np.maximum(0.96 * rounded(vessels, 1.6 * who.scale), 0.91 * rounded(heart, 3.2 * who.scale))
    lung = lung * (1 - solid)
    lung = np.maximum(lung - _fluid(who, frame), 0)
    hollow = _airway(who, frame) + _gas(who, frame, below)
    soft = np.maximum(_body(who, frame) - lung - hollow, 0)
    return Trunk(soft, lung)


def _body(who: Person, frame: Frame) -> Map:
    """Return the outer thickness: trunk, neck, shoulder girdle and arms as blended rounded solids."""
    size, x, y = who.scale, np.abs(frame.x), frame.y
    wall = (3.3 + 2.4 * (who.girth - 0.85)) * size
    half_width = (who.half_width + wall) * (0.35 + 0.65 * rounded(y + 4.5 * size, 13 * size))
    profile = np.maximum(1 - (x / half_width) ** 4, 0) ** 0.42
    solid = who.depth * (0.45 + 0.55 * rounded(y + 2.5 * size, 15 * size)) * profile * (y > -4.4 * size)
    neck = (5.1 + 1.2 * (who.girth - 1) + (0.0 if who.female else 0.6)) * size
    column = chord(x, neck) * step(3 * size - y, 6 * size)
    joint = shoulder(who, frame)
    plump = 0.8 + 0.2 * who.girth
    distance, along = to_segment(x, y, (2.5 * size, -1.6 * size), joint)
    girdle = chord(distance, (6.0 - 0.4 * along) * (size * plump))
    elbow = (joint[0] + frame.pose.arms[0], joint[1] + frame.pose.arms[1])
    distance, along = to_segment(x, y, joint, elbow)
    arm = chord(distance, (5.0 - 0.7 * along) * (size * plump))
    squares = (part * part for part in (solid, column, girdle, arm))
    flowing = np.sqrt(np.sqrt(sum(square * square for square in squares)))
    return flowing + _bosom(who, frame) * step(flowing - size, 2 * size)


def _bosom(who: Person, frame: Frame) -> Map:
    """Return a woman's breasts or a man's pectoral muscles: soft shadows over the lungs, sharper below."""
    size, x, y = who.scale, np.abs(frame.x), frame.y
    if who.breast > 0:
        volume = who.breast * size
        sag = 0.72 + 0.12 * min(max(who.age_years - 30, 0) / 40, 1)
        down = sag * who.height + (-0.5 if frame.pose.portable else 1.0) * size
        radius = 4.8 * size + 1.3 * volume
        tall = either(y > down, 0.72 * radius, 1.35 * radius)
        broad = either(x > 0.57 * who.half_width, 1.15 * radius, radius)
        rise = ((x - 0.57 * who.half_width) / broad) ** 2 + ((y - down) / tall) ** 2
        thickness = (1.7 if frame.pose.portable else 2.1) * volume
        return thickness * np.maximum(1 - rise, 0) ** either(y > down, 0.62, 1.3)
    if who.age_years < ADULT_YEARS:
        return np.zeros_like(frame.x)
    rise = ((x - 0.66 * who.half_width) / (6.5 * size)) ** 2 + ((y - 0.33 * who.height) / (5 * size)) ** 2
    return 0.9 * size * np.maximum(1 - rise, 0) ** 0.6


def _cage(who: Person, frame: Frame, inner_depth: float) -> Map:
    """Return the lung without heart, great vessels and abdomen."""
    size, x, y = who.scale, np.abs(frame.x), frame.y
    half_width = np.maximum(cage_half_width(y / lung_height(who, frame), who.half_width), 0.5)
    apex = y - 1.7 * size * ((x - 0.40 * who.half_width) / (0.24 * who.half_width)) ** 2
    inside = np.minimum(half_width - x, 0.75 * apex)
    depth = inner_depth * (0.55 + 0.45 * rounded(y, 13 * size))
    profile = np.maximum(1 - (x / half_width) ** 2.5, 0) ** 0.25
    return depth * rounded(inside, 4.0 * size) * profile


def _below_diaphragm(who: Person, frame: Frame) -> Map:
    """Return the distance of each pixel below the edge of the diaphragm; negative above."""
    size, x, y = who.scale, np.abs(frame.x), frame.y
    leftward = step(frame.x, 4 * size)
    dome = lung_height(who, frame) + leftward * who.left_drop
    middle = 0.50 * who.half_width
    fall = either(x > middle, 4.6, 1.5 - 1.3 * leftward) * size * who.dome
    return y - dome - fall * ((x - middle) / (0.5 * who.half_width)) ** 2


def _fluid(who: Person, frame: Frame) -> Map:
    """Return a small effusion that fills the costophrenic angle and climbs along the wall."""
    height = frame.pose.fluid
    if height == 0:
        return np.zeros_like(frame.x)
    out = frame.pose.fluid_side * frame.x / who.half_width
    level = lung_height(who, frame) + 3.2 * who.scale - height * np.maximum(out, 0) ** 5
    return 9 * who.scale * rounded((frame.y - level) * step(out - 0.3, 0.3), 5 * who.scale)


def _mediastinum(who: Person, frame: Frame) -> tuple[Map, Map]:
    """Return the depths inside the heart and inside the great vessels' shadow."""
    size, y = who.scale, frame.y
    portable = frame.pose.portable
    x = frame.x - 0.8 * frame.pose.turn
    height = lung_height(who, frame)
    across = 2 * who.half_width * who.heart * (1.14 if portable else 1.0)
    middle = height + who.left_drop + 2.3 * size - 0.33 * across
    left = ellipse(x, y, (0.22 * across, middle), (0.44 * across, 0.30 * across), 0.60)
    right = ellipse(x, y, (-0.10 * across, middle - 0.12 * across), (0.26 * across, 0.42 * across))
    outflow = ellipse(x, y, (0.05 * across, middle - 0.44 * across), (0.235 * across, 0.42 * across), -0.25)
    heart = merged(merged(left, right, 1.5 * size), outflow, 2.0 * size)
    broad = (1.22 if portable else 1.0) * size
    flare = 0.12 * np.maximum(0.16 * height - y, 0)
    taper = 0.4 * np.maximum(y - 0.58 * height, 0)
    band = 2.15 * broad + flare - taper - np.abs(x + 0.25 * size)
    knob = 1.75 * size * who.aorta
    arch = ellipse(x, y, (1.45 * broad, 0.25 * height), (knob, 1.1 * knob))
    trunk_artery = ellipse(x, y, (1.3 * broad, 0.25 * height + 4.4 * size), (1.9 * size, 3.2 * size))
    descending = ellipse(x, y, (1.1 * size, 0.62 * height), (1.3 * size * who.aorta, 0.5 * height))
    vessels = merged(merged(band, arch, 1.0 * size), trunk_artery, 1.5 * size)
    vessels = np.maximum(vessels, descending)
    return heart, vessels


def _airway(who: Person, frame: Frame) -> Map:
    """Return the air in the trachea and the main bronchi."""
    size, x, y = who.scale, frame.x, frame.y
    fork = (0.15 * size + 0.5 * frame.pose.turn, 0.345 * lung_height(who, frame))
    trachea = chord(to_segment(x, y, (0.0, -14 * size), fork)[0], 0.85 * size)
    right = chord(to_segment(x, y, fork, (fork[0] - 2.8 * size, fork[1] + 3.6 * size))[0], 0.60 * size)
    left = chord(to_segment(x, y, fork, (fork[0] + 3.8 * size, fork[1] + 3.2 * size))[0], 0.52 * size)
    return np.maximum(trachea, np.maximum(right, left))


def _gas(who: Person, frame: Frame, below: Map) -> Map:
    """Return the air in the stomach, with a level when the patient stands, and in loops of the bowel."""
    size, x, y = who.scale, frame.x, frame.y
    dome = lung_height(who, frame) + who.left_drop
    rng = np.random.Generator(np.random.Philox(key=[who.seed, 1]))
    gas = np.zeros_like(x)
    if frame.pose.gas > 0.25:
        level = dome + (1.2 + 2.2 * frame.pose.gas) * size
        axes = ((2.0 + 2.2 * frame.pose.gas) * size, (1.8 + 1.5 * frame.pose.gas) * size)
        bubble = ellipse(x, y, (0.45 * who.half_width, level - 0.4 * size), axes, -0.25)
        inside = np.minimum(bubble, below - 0.7 * size)
        if not frame.pose.portable:
            inside = np.minimum(inside, 2 * (level - y))
        gas = 3.0 * size * rounded(inside, 1.8 * size) * (x > 0)
    for _ in range(int(rng.integers(0, 5))):
        centre = (float(rng.uniform(-0.1, 0.85)) * who.half_width, dome + float(rng.uniform(5, 10)) * size)
        axes = (float(rng.uniform(0.8, 2.2)) * size, float(rng.uniform(0.6, 1.3)) * size)
        loop = ellipse(x, y, centre, axes, float(rng.uniform(-1, 1)))
        gas = np.maximum(gas, 1.6 * size * rounded(loop, size))
    return gas
