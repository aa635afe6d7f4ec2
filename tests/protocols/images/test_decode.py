"""Decoding by content: the same image from any kind of file."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protocols.images.decode import DecodedImage, decode_image, read_image
from protocols.images.dicom_header import Header
from tests.protocols.cohorts.dicom_files import dataset_of, dicom_bytes

SHADES = np.arange(40 * 30, dtype=np.uint32).reshape(40, 30).astype(np.uint8)


@pytest.mark.parametrize("name", ["picture.png", "picture.dcm", "picture"])
def test_decoder_is_chosen_by_content_not_by_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(dicom_bytes(dataset_of(SHADES)))
    assert read_image(path).header == Header("DX", "CHEST", "PA", "ViewPosition", "PA", 62.0)
    Image.fromarray(SHADES).save(path, "PNG")
    assert read_image(path).header == Header()


def test_hash_of_pixels_does_not_depend_on_the_file(tmp_path: Path) -> None:
    Image.fromarray(SHADES).convert("RGBA").save(tmp_path / "one.png")
    png = read_image(tmp_path / "one.png")
    dicom = decode_image(dicom_bytes(dataset_of(SHADES)))
    assert png.pixels_sha256 == dicom.pixels_sha256 and png.file_sha256 != dicom.file_sha256
    assert png.pixels_sha256 == hashlib.sha256(struct.pack("<II", 40, 30) + SHADES.tobytes()).hexdigest()


def test_hash_of_pixels_depends_on_the_shape() -> None:
    turned = DecodedImage(SHADES.reshape(30, 40), 0.0, Header(), "")
    assert turned.pixels_sha256 != DecodedImage(SHADES, 0.0, Header(), "").pixels_sha256


def test_hash_of_pixels_does_not_depend_on_their_layout() -> None:
    columns_first = DecodedImage(np.asfortranarray(SHADES), 0.0, Header(), "")
    assert columns_first.pixels_sha256 == DecodedImage(SHADES, 0.0, Header(), "").pixels_sha256
