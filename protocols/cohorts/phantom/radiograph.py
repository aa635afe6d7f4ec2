"""From anatomy to a displayed radiograph: attenuation, scatter, blur, quantum noise, look-up table, burnt-in name.

Owns the physics of the image and the conspicuity of disease in it. Patients, numbers of images and disease
are `generate`'s. Beer-Lambert law with effective coefficients near 65 keV (Hubbell and Seltzer, NIST 126);
scatter as a broad copy of the primary beam; noise variance inversely proportional to the photons detected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from protocols.cohorts.phantom.anatomy.attachments import Attachments, attachments
from protocols.cohorts.phantom.anatomy.lungs import parenchyma, vessels
from protocols.cohorts.phantom.anatomy.opacity import Focus, filled_share
from protocols.cohorts.phantom.anatomy.person import Person, Pose, frame
from protocols.cohorts.phantom.anatomy.shapes import SIZE, Map, softened, spread
from protocols.cohorts.phantom.anatomy.skeleton import skeleton
from protocols.cohorts.phantom.anatomy.trunk import trunk
from protocols.tables.records import PHANTOM

SOFT_TISSUE = 0.19  # attenuation per centimetre
AERATED_LUNG = 0.05
COMPACT_BONE = 0.42
AIR_BRONCHOGRAM = 1.6  # a filled lung hides its vessels (1.0) and shows the bronchi beside them (0.6)

BEAM_BLUR = 6  # passes on the coarse grid: scatter
DETAIL_BLUR = 3  # passes on the coarse grid: the background of the enhancement
NOISE_GRAIN = 1.6  # restores the noise's variance after the detector's blur
BLACKEST = 2e-4  # fraction of the open beam below which the detector reads nothing
BODY = 0.9  # line integrals below this are open beam or skin
FOOT, RISE = 0.086, 0.89  # the part of the sigmoid that the grey scale uses

BURN_IN = PHANTOM
BURN_IN_WIDTH, BURN_IN_HEIGHT = 48, 14  # pixels, in the upper left corner

CLEAR_CONTRAST = 1.0  # fraction of the grey scale x cm at which conspicuity reaches 1 - 1/e
BOX_SHARE = 0.35  # a box contains changes of at least this fraction of the largest one
SMALLEST_BOX = 12  # changed pixels


@dataclass(frozen=True, slots=True)
class Technique:
    """Exposure and processing of a unit."""

    scatter: float  # scattered / primary signal
    photons: float  # per pixel, in the open beam
    enhancement: float  # of fine detail, 0 = none
    darkest: float  # percentiles of the body's density that the grey scale spans
    brightest: float
    gain: float  # slope of the look-up table
    middle: float  # its centre, as a fraction of the span


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels: upper left corner and size."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Radiograph:
    """An image and its true values.

    Attributes:
        pixels: uint8 [SIZE, SIZE], bright where attenuation is high.
        conspicuity: of disease, in [0, 1); 0 without disease.
        boxes: at most one per lung, around the visible change.
    """

    pixels: NDArray[np.uint8]
    conspicuity: float
    boxes: tuple[Box, ...]


def radiograph(
    who: Person,
    pose: Pose,
    *,
    foci: Sequence[Focus],
    worn: Attachments,
    technique: Technique,
    rng: np.random.Generator,
) -> Radiograph:
    """Expose and develop one image; ``rng`` gives the quantum noise only."""
    film = frame(who, pose)
    body = trunk(who, film)
    lung = body.lung * parenchyma(who)
    blood = vessels(who, film) * np.minimum(body.lung / (3 * who.scale), 1)
    well = SOFT_TISSUE * (body.soft + blood) + AERATED_LUNG * lung + COMPACT_BONE * skeleton(who, film)
    well += attachments(worn, who, film)
    ill = well
    if foci:
        fluid = (SOFT_TISSUE - AERATED_LUNG) * lung - AIR_BRONCHOGRAM * SOFT_TISSUE * blood
        ill = well + filled_share(foci, who, film) * fluid
    signal = detected(ill, technique)
    span = exposed_span(signal, technique)
    grain = NOISE_GRAIN * softened(rng.standard_normal((SIZE, SIZE), dtype=np.float32))
    noisy = developed(signal + np.sqrt(signal / technique.photons) * grain, span, technique)
    pixels = burnt_in((255 * noisy + 0.5).astype(np.uint8))
    if not foci:
        return Radiograph(pixels, 0.0, ())
    change = developed(signal, span, technique) - developed(detected(well, technique), span, technique)
    contrast = float(np.sqrt(np.sum(change * change))) * pose.field / SIZE
    return Radiograph(pixels, 1 - float(np.exp(-contrast / CLEAR_CONTRAST)), _boxes(change, film.x))


def detected(attenuation: Map, technique: Technique) -> Map:
    """Return the fraction of the open beam that the detector reads, without noise."""
    primary = np.exp(-attenuation)
    scattered = technique.scatter * spread(primary, BEAM_BLUR)
    return softened((primary + scattered) / (1 + technique.scatter))


def exposed_span(signal: Map, technique: Technique) -> tuple[float, float]:
    """Return the optical densities of the body that the grey scale spans, without the film's margin."""
    margin = SIZE // 16
    density = _density(signal, technique)[margin:-margin:4, margin:-margin:4]
    body = density[density > BODY]
    low, high = np.percentile(body, [technique.darkest, technique.brightest])
    return float(low), float(high)


def developed(signal: Map, span: tuple[float, float], technique: Technique) -> Map:
    """Return the displayed grey, 0 (open beam) to 1 (bone and metal)."""
    level = (_density(signal, technique) - span[0]) / (span[1] - span[0])
    grey = 1 / (1 + np.exp((technique.middle - level) * technique.gain))
    shown: Map = np.clip((grey - FOOT) / RISE, 0, 1)
    return shown


def burnt_in(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the image with a word burnt in that marks it as synthetic."""
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, BURN_IN_WIDTH - 1, BURN_IN_HEIGHT - 1), fill=0)
    draw.text((3, 2), BURN_IN, fill=255, font=ImageFont.load_default_imagefont())
    return np.asarray(image)


def _density(signal: Map, technique: Technique) -> Map:
    """Return the logarithm of the exposure, with the unit's enhancement of fine detail."""
    density: Map = -np.log(np.maximum(signal, BLACKEST))
    return density + technique.enhancement * (density - spread(density, DETAIL_BLUR))


def _boxes(change: Map, x: Map) -> tuple[Box, ...]:
    strong = change > BOX_SHARE * change.max()
    boxes = []
    for lung in (strong & (x < 0), strong & (x >= 0)):
        if np.count_nonzero(lung) >= SMALLEST_BOX:
            rows, columns = np.flatnonzero(lung.any(axis=1)), np.flatnonzero(lung.any(axis=0))
            left, top = int(columns[0]), int(rows[0])
            boxes.append(Box(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1))
    return tuple(boxes)
