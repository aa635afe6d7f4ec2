"""The input gate: whether the device is made for an image, and if not, why.

Owns the order of the checks, their sentences and the limits of what can be a radiograph; the other limits are the
protocol's ``[input_gate]``. What neither header nor studies state does not exclude an image.
"""

import math
from collections.abc import Sequence

import numpy as np

from protocols.images.body_part import body_part
from protocols.images.decode import DecodedImage
from protocols.images.dicom_header import FOR_PROCESSING
from protocols.images.projection import is_other
from protocols.schema.training import InputGate

MOST_COLOURFUL = 0.05  # of the pixels: an annotation in colour covers less, a photograph far more
FEWEST_SHADES = 16  # between the darkest and the brightest hundredth of the pixels
SAMPLES = 128  # pixels per side from which the shades are counted


def refusal(image: DecodedImage, gate: InputGate, *, age_years: float, view: str) -> str:
    """Return why an image is out of scope, without the name of the file; empty where it is in scope.

    Checked in this order: modality, intent, body part, view, age, size, colour, contrast. The header has precedence
    over the studies.

    Args:
        image: as decoded.
        gate: the limits.
        age_years: of the studies, NaN where unknown; used where the header has no age.
        view: of the studies, empty where unknown; used where the header has no view.
    """
    header = image.header
    if header.modality and header.modality not in map(str.upper, gate.modalities):
        return f"its modality is {header.modality}; the device is made for {_listed(gate.modalities)}"
    if header.intent == FOR_PROCESSING:
        return "it is FOR PROCESSING, the raw values of the detector; the device is made for FOR PRESENTATION"
    part = body_part(header.body_part)
    if part and part not in map(body_part, gate.body_parts):
        return f"it shows {part}; the device is made for {_listed(gate.body_parts)}"
    shown = header.view or (header.view_code if is_other(header.view_code) else "") or view
    if shown and shown not in gate.views:
        return f"its view is {shown}; the device is made for {_listed(gate.views)}"
    age = age_years if header.age_years is None else header.age_years
    low, high = gate.age_years
    if not math.isnan(age) and not low <= age <= high:
        return f"the patient's age is {age:g} years; the device is made for {low:g} to {high:g}"
    return _look(image, gate)


def _look(image: DecodedImage, gate: InputGate) -> str:
    smallest = min(image.pixels.shape)
    if smallest < gate.smallest_side:
        return f"its smaller side has {smallest} pixels; the device is made for {gate.smallest_side} or more"
    if image.colourful > MOST_COLOURFUL:
        return f"{image.colourful:.0%} of its pixels are coloured; the device is made for grey radiographs"
    shades = _shades(image)
    if shades < FEWEST_SHADES:
        return f"98 % of its pixels lie within {shades} of 256 shades; that is no radiograph"
    return ""


def _shades(image: DecodedImage) -> int:
    """Count the shades between the 1st and the 99th percentile of the pixels."""
    step = max(1, min(image.pixels.shape) // SAMPLES)
    counts = np.bincount(image.pixels[::step, ::step].ravel(), minlength=256).cumsum()
    low, high = np.searchsorted(counts, [0.01 * counts[-1], 0.99 * counts[-1]])
    return int(high - low) + 1


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
