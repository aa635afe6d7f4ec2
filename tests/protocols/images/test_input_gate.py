"""The input gate: each check by hand, and real images that must pass."""

import math
from pathlib import Path

import numpy as np
import pytest

from protocols.images.decode import DecodedImage, read_image
from protocols.images.dicom_header import Header
from protocols.images.input_gate import refusal
from protocols.schema.training import InputGate

GATE = InputGate(age_years=(18, 90))
RAMP = np.tile(np.arange(256, dtype=np.uint8), (256, 1))


def asked(
    pixels: np.ndarray = RAMP,
    *,
    colourful: float = 0.0,
    age: float = math.nan,
    view: str = "",
    gate: InputGate = GATE,
    **header: object,
) -> str:
    return refusal(DecodedImage(pixels, colourful, Header(**header), ""), gate, age_years=age, view=view)


PASSED = {
    "nothing said": {},
    "all said": {"modality": "DX", "body_part": "CHEST", "view": "PA", "age_years": 40.0},
    "other word for chest": {"body_part": "THORAX"},
    "small annotation": {"colourful": 0.05},
}


@pytest.mark.parametrize("name", PASSED)
def test_in_scope_by_hand(name: str) -> None:
    assert asked(**PASSED[name]) == ""


def test_header_has_precedence_over_the_studies() -> None:
    adult_pa = DecodedImage(RAMP, 0.0, Header(view="PA", age_years=40.0), "")
    assert refusal(adult_pa, GATE, age_years=7.0, view="LATERAL") == ""


REFUSED = {
    "CT": ({"modality": "CT"}, "its modality is CT; the device is made for CR and DX"),
    "hand": ({"body_part": "HAND"}, "it shows HAND; the device is made for CHEST"),
    "lateral": ({"view": "LATERAL"}, "its view is LATERAL; the device is made for PA and AP"),
    "lordotic": ({"view_code": "AP AXIAL"}, "its view is AP AXIAL; the device is made for PA and AP"),
    "oblique by its code": ({"view_code": "399356000"}, "its view is 399356000"),
    "raw": ({"intent": "FOR PROCESSING"}, "it is FOR PROCESSING"),
    "oblique": ({"view_code": "RAO"}, "its view is RAO; the device is made for PA and AP"),
    "child by its header": (
        {"age_years": 7.0},
        "the patient's age is 7 years; the device is made for 18 to 90",
    ),
    "child by the studies": ({"age": 7.5}, "the patient's age is 7.5 years; the device is made for 18 to 90"),
    "small": ({"pixels": RAMP[:199]}, "its smaller side has 199 pixels; the device is made for 200 or more"),
    "photograph": ({"colourful": 0.4}, "40% of its pixels are coloured"),
    "black": ({"pixels": np.zeros((256, 256), np.uint8)}, "98 % of its pixels lie within 1 of 256 shades"),
    "nearly one shade": (
        {"pixels": RAMP // 18},
        "98 % of its pixels lie within 15 of 256 shades; that is no radiograph",
    ),
    "modality comes first": ({"modality": "CT", "age": 7.0}, "its modality is CT"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_out_of_scope_by_hand(name: str) -> None:
    said, reason = REFUSED[name]
    assert asked(**said).startswith(reason)


def test_sixteen_shades_are_enough_by_hand() -> None:
    assert asked(RAMP // 16) == ""


def test_lateral_of_the_studies_is_refused_where_the_header_is_silent() -> None:
    assert asked(view="LATERAL").startswith("its view is LATERAL")


def test_names_of_the_protocol_are_compared_in_any_case() -> None:
    gate = InputGate(modalities=("dx",), body_parts=("Thorax",), age_years=(0, 120))
    assert asked(gate=gate, modality="DX", body_part="CHEST") == ""


def test_ages_at_the_limits_are_in_scope() -> None:
    assert asked(age=18.0) == asked(age=90.0) == ""


def test_real_images_pass(shared_data: Path) -> None:
    originals = sorted((shared_data / "nih" / "images-1024").glob("*.png"))
    smaller = sorted((shared_data / "nih" / "images-320").glob("*.png"))[::20]
    for path in [*originals, *smaller, *(shared_data / "dicom").glob("*.dcm")]:
        assert refusal(read_image(path), InputGate(), age_years=math.nan, view="") == "", path.name
