"""Bones over the chest: spine, ribs, clavicles, shoulder blades, upper arms.

Owns the centimetres of compact bone that each ray crosses. Soft tissue and air are `trunk`'s.
"""

import numpy as np

from protocols.cohorts.phantom.anatomy.person import Frame, Person
from protocols.cohorts.phantom.anatomy.shapes import (
    Map,
    Point,
    bell,
    chord,
    either,
    rounded,
    step,
    to_segment,
    tube,
)
from protocols.cohorts.phantom.anatomy.trunk import cage_half_width, lung_height, shoulder

RIBS = 11


def skeleton(who: Person, frame: Frame) -> Map:
    """Return the centimetres of compact bone along each ray."""
    bone = _spine(who, frame)
    _add_ribs(bone, who, frame)
    bone += _clavicles(who, frame)
    bone += _shoulder_blades(who, frame)
    bone += _arms(who, frame)
    return bone * who.bone


def _spine(who: Person, frame: Frame) -> Map:
    """Return vertebral bodies between darker discs, with end plates, pedicles and spinous processes."""
    size, y = who.scale, frame.y
    height = lung_height(who, frame)
    pitch = who.height / 9.6
    axis = who.scoliosis * np.sin(2.6 * y / who.height) - 0.2 * frame.pose.turn
    across = np.abs(frame.x - axis)
    half_width = (1.45 + 0.5 * np.clip(y / height, 0, 1.4)) * size
    phase = (y - who.rib_phase) / pitch
    from_disc = np.abs(phase - np.floor(phase) - 0.5) * pitch
    body = rounded(half_width - across, 0.5 * size)
    thickness = 0.50 - 0.26 * bell(from_disc, 0.28 * size) + 0.22 * bell(from_disc - 0.3 * size, 0.12 * size)
    pedicle = bell(across - 1.1 * size, 0.3 * size) * bell(pitch / 2 - from_disc, 0.5 * size)
    process = bell(frame.x - axis + 0.3 * frame.pose.turn, 0.28 * size)
    process = process * bell(from_disc - 0.35 * pitch, 0.5 * size)
    return size * (body * thickness + 0.34 * pedicle + 0.30 * process)


def _add_ribs(bone: Map, who: Person, frame: Frame) -> None:
    """Add eleven pairs of tilted hoops, the back half nearly level, the front half falling and fainter."""
    size = who.scale
    rng = np.random.Generator(np.random.Philox(key=[who.seed, 2]))
    height = lung_height(who, frame)
    flat = 1.2 if frame.pose.portable else 1.0
    top, bottom = frame.y.min(axis=1), frame.y.max(axis=1)
    for number in range(1, RIBS + 1):
        ripe = min(1.0, 0.25 + 0.13 * number)
        rise = (1.3 + 3.2 * ripe) * size * who.rib_fall / flat
        fall = (1.9 + 5.2 * ripe) * size * who.rib_fall / flat
        middle = (-1.6 * size + (number - 1) * who.height / 9.9 + 0.3 * who.rib_phase) + rise
        uneven = 0.14 * size * rng.standard_normal(2)
        reach = float(cage_half_width(middle / height, who.half_width)) + 0.45 * size
        reach *= 1 - 0.06 * max(0, number - 9)
        radius = (0.48 + 0.012 * number) * size
        margin = radius + 0.6 * size  # beyond which no side of the pair reaches
        rows = np.flatnonzero((bottom > middle - rise - margin) & (top < middle + fall + margin))
        if rows.size == 0:
            continue
        band = slice(int(rows[0]), int(rows[-1]) + 1)
        x = np.abs(frame.x[band])
        y = frame.y[band] - middle - either(frame.x[band] > 0, *uneven)
        back = y < 0
        half = either(back, rise, fall)
        across, down = x / reach, y / half
        hoop = np.sqrt(across * across + down * down) + 1e-4
        slope = np.sqrt((across / reach) ** 2 + (down / half) ** 2)
        distance = (hoop - 1) * hoop / slope
        cartilage = 0.44 + 0.025 * number
        front = (0.0 if number >= 10 else 0.75) * step(across - cartilage, 0.14)
        bone[band] += tube(distance, radius, 0.13 * size) * either(back, 1.0, front)


def _clavicles(who: Person, frame: Frame) -> Map:
    """Return a slender S from the sternum to the shoulder."""
    size = who.scale
    joint = shoulder(who, frame)
    x = np.abs(frame.x - frame.pose.turn)
    start = 1.7 * size
    along = np.clip((x - start) / (joint[0] - start), 0, 1.05)
    lift = who.clavicle_lift + (1.8 if frame.pose.portable else 0.4) * size
    rise = (1.2 * lift + 1.6 * size) / (joint[0] - start)
    wave = 0.7 * size * 6.28 / (joint[0] - start)
    line = 2.6 * size - rise * (x - start) + 0.7 * size * np.sin(6.28 * along)
    slope = wave * np.cos(6.28 * along) - rise
    distance = (frame.y - line) / np.sqrt(1 + slope * slope)
    radius = 0.58 * size + 0.25 * size * bell(along, 0.12)
    ends = step(x - start, 0.6 * size) * step(joint[0] - 0.8 * size - x, 1.2 * size)
    return tube(distance, radius, 0.15 * size) * ends


def _shoulder_blades(who: Person, frame: Frame) -> Map:
    """Return a thin blade, its outer border and its spine: lateral in PA, over the lungs in AP."""
    size, y = who.scale, frame.y
    x = np.abs(frame.x)
    joint = shoulder(who, frame)
    inner = (0.72 if frame.pose.portable else 0.94) * who.half_width
    socket = (joint[0] - 1.2 * size, joint[1] + 0.4 * size)
    corner, tip = (inner, joint[1] - 0.2 * size), (inner + 0.6 * size, joint[1] + 11.5 * size)
    blade: Map = np.ones_like(x)
    for start, end in ((socket, tip), (tip, corner), (corner, socket)):
        blade *= _inside(x, y, start, end, size)
    outer = tube(to_segment(x, y, socket, tip)[0], 0.5 * size, 0.16 * size)
    edge = chord(to_segment(x, y, corner, tip)[0], 0.2 * size)
    acromion = (joint[0] + 0.6 * size, joint[1] - 2 * size)
    ridge_root = (inner + 0.4 * size, joint[1] + 1.8 * size)
    ridge = tube(to_segment(x, y, ridge_root, acromion)[0], 0.6 * size, 0.16 * size)
    bone: Map = 0.45 * size * blade + 0.55 * outer + 0.45 * edge + 0.5 * ridge
    return bone


def _inside(x: Map, y: Map, start: Point, end: Point, width: float) -> Map:
    """Return the inner side of a directed border of the left shoulder blade."""
    vx, vy = end[0] - start[0], end[1] - start[1]
    return step(((y - start[1]) * vx - (x - start[0]) * vy) / float(np.hypot(vx, vy)), width)


def _arms(who: Person, frame: Frame) -> Map:
    """Return the head and shaft of the humeri."""
    size, x, y = who.scale, np.abs(frame.x), frame.y
    joint = shoulder(who, frame)
    ball = (joint[0] + 0.9 * size, joint[1] + 0.3 * size)
    elbow = (joint[0] + frame.pose.arms[0], joint[1] + frame.pose.arms[1])
    head = chord(np.sqrt((x - ball[0]) ** 2 + (y - ball[1]) ** 2), 2.2 * size)
    distance, along = to_segment(x, y, ball, elbow)
    return 0.38 * head + 0.75 * tube(distance, 1.15 * size, 0.4 * size) * (along > 0.05)
