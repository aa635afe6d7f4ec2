"""images.csv: written, read again, refused; and which images are similar."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protocols.errors import BadInputError
from protocols.images.decode import DecodedImage, read_image
from protocols.images.dicom_header import Header
from protocols.images.hashes import ImageRecord, Inventory, Like, likes, read_inventory, record_of


def record(look: str = "00", *, pixels: str = "a") -> ImageRecord:
    return ImageRecord(512, 400, "f" * 64, pixels * 64, look * 72)


INVENTORY = Inventory(
    {"b,1": record(), "a": record("0f"), "c": record(pixels="b")},
    {"a": Like("x", "near"), "c": Like("y", "identical")},
)


def test_text_by_hand() -> None:
    header, *rows = INVENTORY.to_csv().splitlines()
    assert header == "image_id,rows,columns,file_sha256,pixels_sha256,likeness,like,like_kind"
    f, a, b = ("f" * 64, "a" * 64, "b" * 64)
    assert rows == [
        f"a,512,400,{f},{a},{'0f' * 72},x,near",
        f'"b,1",512,400,{f},{a},{"00" * 72},,',
        f"c,512,400,{f},{b},{'00' * 72},y,identical",
    ]


def test_written_is_read_against_itself(tmp_path: Path) -> None:
    INVENTORY.write(tmp_path / "images.csv")
    assert read_inventory(tmp_path / "images.csv") == INVENTORY


FAULTS = {
    "a,512": ("a,0", "row 2: rows must be a whole number above 0; received '0'"),
    "512,400": ("512,x", "columns must be a whole number above 0"),
    "f" * 64: ("F" * 64, "file_sha256 must be 64 hexadecimal digits"),
    "0f" * 72: ("0f" * 71, "likeness must be 144 hexadecimal digits"),
    "x,near": ("x,twin", "like 'x' with like_kind 'twin'"),
    ",x,near": (",,near", "like '' with like_kind 'near'"),
    '"b,1"': ("a", "row 3: duplicate image_id 'a'"),
    "like_kind": ("kind", "column 'like_kind' is missing"),
}


@pytest.mark.parametrize("old", FAULTS)
def test_damaged_table_is_refused(old: str, tmp_path: Path) -> None:
    new, reason = FAULTS[old]
    path = tmp_path / "images.csv"
    path.write_text(INVENTORY.to_csv().replace(old, new, 1))
    with pytest.raises(BadInputError) as refusal:
        read_inventory(path)
    assert reason in str(refusal.value)


def test_record_of_an_image_by_hand() -> None:
    made = record_of(DecodedImage(np.zeros((3, 5), np.uint8), 0.0, Header(), "e" * 64))
    assert (made.rows, made.columns, made.file_sha256) == (3, 5, "e" * 64)
    assert made.likeness == "00" * 72


def test_likes_by_hand() -> None:
    among = {
        "m2": record(pixels="c"),
        "m1": record(pixels="c"),  # the same image: the first by name
        "n": record("03", pixels="d"),  # 144 bits from 00: too far
        "o": replace(record("ff", pixels="e"), likeness="ff" * 71 + "f0"),
    }
    these = {"same": record(pixels="c"), "near": record("ff", pixels="1"), "alone": record("3c", pixels="2")}
    assert likes(these, among) == {"same": Like("m1", "identical"), "near": Like("o", "near")}
    assert likes({}, among) == {} == likes(these, {})


def test_real_originals_are_like_their_small_versions(shared_data: Path, tmp_path: Path) -> None:
    small = sorted((shared_data / "nih" / "images-320").glob("*.png"))[:60]
    among = {path.name: record_of(read_image(path)) for path in small}
    Image.open(small[0]).convert("RGBA").save(tmp_path / "again.png")
    these = {
        path.name: record_of(read_image(path))
        for path in sorted((shared_data / "nih" / "images-1024").glob("*.png"))
        if path.name in among
    } | {"again": record_of(read_image(tmp_path / "again.png"))}
    expected = {name: Like(name, "near") for name in these} | {"again": Like(small[0].name, "identical")}
    assert likes(these, among) == expected and len(these) > 5
