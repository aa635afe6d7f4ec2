"""Whether a picture is one that the device is made for, and if not, why.

Owns the order of the questions and their words. The limits are the protocol's ``[input_gate]``.
"""

import math

from protocols.images.picture import Picture
from protocols.schema import InputGate


def refusal(picture: Picture, gate: InputGate, *, age_years: float, view: str) -> str:
    """Why a picture is out of scope, without the name of the file; empty where it is in scope.

    Args:
        picture: as decoded.
        gate: the limits.
        age_years: as the studies have it, NaN where unknown; counts where the header says nothing.
        view: likewise, empty where unknown.
    """
    smallest = min(picture.pixels.shape)
    if smallest < gate.smallest_side:
        return f"its smaller side has {smallest} pixels; the device is made for {gate.smallest_side} or more"
    shown = picture.header.view or view
    if shown and shown not in gate.views:
        return f"its view is {shown}; the device is made for {' and '.join(gate.views)}"
    age = age_years if picture.header.age_years is None else picture.header.age_years
    low, high = gate.age_years
    if not math.isnan(age) and not low <= age <= high:
        return f"the patient's age is {age:g} years; the device is made for {low:g} to {high:g}"
    return ""
