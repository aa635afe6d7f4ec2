"""Airspace opacity: lung with fluid in place of air, in foci of varied position, size, edge and density.

Owns where disease lies and how much of the lung's depth it fills. Its conspicuity follows from the film
(`radiograph`), since ribs, heart and noise can hide it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from protocols.cohorts.phantom.anatomy.person import Frame, Person
from protocols.cohorts.phantom.anatomy.shapes import Map, smooth_noise, step
from protocols.cohorts.phantom.anatomy.trunk import lung_height

TYPICAL_DENSITY = 0.36  # median fraction of the lung's depth that a focus fills: the cohort's difficulty
DENSITY_SPREAD = 0.50  # standard deviation of its logarithm
FULLEST = 0.92  # fraction of a consolidated lung's depth without air


@dataclass(frozen=True, slots=True)
class Focus:
    """One region of disease; ``across`` and ``down`` are fractions of the lungs' half-width and height."""

    side: int  # -1 on the image's left, 1 on its right
    across: float
    down: float
    broad: float  # half-axes, centimetres in an adult
    tall: float
    density: float  # fraction of the lung's depth that is filled at the centre, 0 to 1
    fuzz: float  # width of the edge / the half-axis
    ragged: float  # 0 = smooth outline
    fissure: int  # 1 = stops at the fissure above, -1 = at the fissure below, 0 = at none
    seed: int


def draw_foci(rng: np.random.Generator) -> tuple[Focus, ...]:
    """Sample one patient's disease: patches in one lung, a lobe, a round focus, or patches in both lungs."""
    density = TYPICAL_DENSITY * float(np.exp(DENSITY_SPREAD * rng.standard_normal()))
    density = float(np.clip(density, 0.10, FULLEST))
    side = 1 if rng.random() < 0.5 else -1
    kind = rng.choice(["patches", "lobe", "round", "both"], p=[0.42, 0.24, 0.16, 0.18])
    if kind == "lobe":
        upper = rng.random() < 0.4
        down = rng.uniform(0.22, 0.36) if upper else rng.uniform(0.66, 0.90)
        lobe = _focus(rng, side, rng.uniform(0.45, 0.62), down, size=rng.uniform(3.6, 5.4), ragged=0.3)
        return (replace(lobe, density=density, fissure=-1 if upper else 1, fuzz=0.6),)
    if kind == "round":
        across, down = rng.uniform(0.3, 0.8), rng.uniform(0.2, 0.9)
        return (
            replace(
                _focus(rng, side, across, down, size=rng.uniform(1.6, 2.8), ragged=0.15), density=density
            ),
        )
    if kind == "patches":
        across, down = rng.uniform(0.35, 0.75), rng.uniform(0.25, 0.92)
        places = [
            (side, rng.normal(across, 0.16), rng.normal(down, 0.11)) for _ in range(int(rng.integers(2, 6)))
        ]
    else:
        places = [
            (where, rng.uniform(0.30, 0.75), rng.uniform(0.40, 0.95))
            for where in (-1, 1)
            for _ in range(int(rng.integers(1, 4)))
        ]
        density *= 0.85
    return tuple(
        replace(_focus(rng, *place, size=rng.uniform(1.5, 3.4), ragged=0.55), density=density)
        for place in places
    )


def _focus(
    rng: np.random.Generator, side: int, across: float, down: float, *, size: float, ragged: float
) -> Focus:
    """Return a focus of full density without a fissure, kept within the lung."""
    stretch = float(np.exp(0.2 * rng.standard_normal()))
    return Focus(
        side=side,
        across=float(np.clip(across, 0.22, 0.90)),
        down=float(np.clip(down, 0.10, 0.97)),
        broad=float(size) * stretch,
        tall=float(size) / stretch,
        density=FULLEST,
        fuzz=float(rng.uniform(0.5, 1.1)),
        ragged=ragged,
        fissure=0,
        seed=int(rng.integers(2**31)),
    )


def filled_share(foci: Sequence[Focus], who: Person, frame: Frame) -> Map:
    """Return the fraction of the lung's depth that disease fills along each ray, in [0, 0.92]."""
    height = lung_height(who, frame)
    spared = np.ones_like(frame.x)
    for focus in foci:
        rng = np.random.Generator(np.random.Philox(key=[focus.seed, 0]))
        dx = (frame.x - focus.side * focus.across * who.half_width) / (focus.broad * who.scale)
        dy = (frame.y - focus.down * height) / (focus.tall * who.scale)
        inside = 1 - np.sqrt(dx * dx + dy * dy)
        inside += focus.ragged * (0.34 * smooth_noise(rng, 14) + 0.14 * smooth_noise(rng, 40))
        share = step(inside, focus.fuzz) * (0.92 + 0.08 * smooth_noise(rng, 60))
        if focus.fissure:
            level = 0.50 * height + 0.06 * (np.abs(frame.x) - 0.5 * who.half_width)
            share = share * step(focus.fissure * (frame.y - level), 0.7 * who.scale)
        spared = spared * (1 - focus.density * np.clip(share, 0, 1))
    return np.minimum(1 - spared, FULLEST)
