"""Bags: the text by hand, the bagit package as a second reader, and every name that a bag may not hold."""

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.evidence.bundle.bag import files_of, is_inside, manifest_text, parse_manifest, write_bag
from protocols.storage.canonical import sha256_bytes

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
INFO = {"Bagging-Date": "2026-01-31", "External-Identifier": "small version 1"}


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """A bag of four files, one of them empty, one below two folders, one with letters beyond ASCII."""
    root = tmp_path / "bag"
    (root / "data" / "deep" / "deeper").mkdir(parents=True)
    (root / "data" / "a.txt").write_text("one\n", encoding="utf-8")
    (root / "data" / "empty").touch()
    (root / "data" / "deep" / "deeper" / "two words.csv").write_text("x,y\n", encoding="utf-8")
    (root / "data" / "deep" / "Größe.txt").write_text("groß", encoding="utf-8")
    write_bag(root, INFO)
    return root


def test_the_tag_files_by_hand(bag: Path) -> None:
    assert (bag / "bagit.txt").read_bytes() == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    # 4 + 0 + 4 + 5 bytes
    assert (bag / "bag-info.txt").read_text(encoding="utf-8") == (
        "Bagging-Date: 2026-01-31\nExternal-Identifier: small version 1\nPayload-Oxum: 13.4\n"
    )
    lines = (bag / "manifest-sha256.txt").read_text(encoding="utf-8").splitlines()
    assert [line[66:] for line in lines] == [
        "data/a.txt",
        "data/deep/Größe.txt",
        "data/deep/deeper/two words.csv",
        "data/empty",
    ]
    assert lines[0][:66] == sha256_bytes(b"one\n") + "  "
    assert lines[3][:66] == EMPTY + "  "


def test_our_bags_are_valid_against_bagit(bag: Path) -> None:
    opened = bagit.Bag(str(bag))
    opened.validate()
    assert opened.version_info == (1, 0)
    assert opened.info["External-Identifier"] == "small version 1"


def append_to(name: str) -> Callable[[Path], object]:
    def change(bag: Path) -> None:
        with (bag / name).open("ab") as file:
            file.write(b"x")

    return change


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "tamper",
    [
        append_to("data/a.txt"),
        append_to("data/empty"),
        append_to("bagit.txt"),
        append_to("bag-info.txt"),
        append_to("manifest-sha256.txt"),
        lambda bag: (bag / "data" / "a.txt").unlink(),
        lambda bag: (bag / "data" / "more").touch(),
        lambda bag: (bag / "bag-info.txt").unlink(),
    ],
)
def test_tampered_bags_are_rejected_against_bagit(bag: Path, tamper: Callable[[Path], object]) -> None:
    tamper(bag)
    with pytest.raises(bagit.BagError):
        bagit.Bag(str(bag)).validate()


def test_the_same_files_give_the_same_bag(bag: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    for name in ("empty", "deep/Größe.txt", "deep/deeper/two words.csv", "a.txt"):
        (again / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (again / "data" / name).write_bytes((bag / "data" / name).read_bytes())
    write_bag(again, INFO)
    for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"):
        assert (again / name).read_bytes() == (bag / name).read_bytes()


def test_a_value_cannot_break_out_of_its_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_bag(tmp_path, {"Source-Organization": "one\nBagging-Date: 1999-01-01"})
    told = (tmp_path / "bag-info.txt").read_text(encoding="utf-8")
    assert told.splitlines()[0] == "Source-Organization: one Bagging-Date: 1999-01-01"


# name -> as RFC 8493, 2.1.3 writes it
ENCODED = {
    "data/a\nb": "data/a%0Ab",
    "data/a\rb": "data/a%0Db",
    "data/50%": "data/50%25",
    "data/%0A": "data/%250A",
}


@pytest.mark.parametrize(("name", "written"), ENCODED.items())
def test_line_ends_and_percent_signs_are_encoded_against_published(name: str, written: str) -> None:
    text = manifest_text({name: EMPTY})
    assert text == f"{EMPTY}  {written}\n"
    assert parse_manifest(text.encode(), source="m") == {name: EMPTY}


def test_names_with_line_ends_make_a_valid_bag_against_bagit(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a\nb").write_bytes(b"1")
    write_bag(tmp_path, INFO)
    bagit.Bag(str(tmp_path)).validate()


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (f"{EMPTY}  data/../../secret", r"line 2 leads out of the bag \(data/\.\./\.\./secret\)"),
        (f"{EMPTY}  /etc/passwd", "line 2 leads out of the bag"),
        (f"{EMPTY}  ~/secret", "line 2 leads out of the bag"),
        (f"{EMPTY}  C:/secret", "line 2 leads out of the bag"),
        (f"{EMPTY}  data\\secret", "line 2 leads out of the bag"),
        (f"{EMPTY}  data//x", "line 2 leads out of the bag"),
        (f"{EMPTY}  data/./x", "line 2 leads out of the bag"),
        (f"{EMPTY}  data/x\0", "line 2 leads out of the bag"),
        (f"{EMPTY}  data/first", "line 2 lists data/first a second time"),
        (f"{EMPTY} data/x", "line 2 is no line of a BagIt manifest"),
        (f"{EMPTY.upper()}  data/x", "line 2 is no line of a BagIt manifest"),
        (f"{EMPTY}  data/%41", "line 2 is no line of a BagIt manifest"),
        (f"{EMPTY}  data/x\r", "line 2 is no line of a BagIt manifest"),
        ("", "line 2 is no line of a BagIt manifest"),
    ],
)
def test_a_hostile_line_of_a_manifest_is_named(line: str, sentence: str) -> None:
    content = f"{EMPTY}  data/first\n{line}\n".encode()
    with pytest.raises(EvidenceDiffersError, match=f"m: {sentence}"):
        parse_manifest(content, source="m")


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"\xff\n", "is not UTF-8"), (EMPTY.encode(), "its last line is cut short")]
)
def test_a_damaged_manifest_is_named(content: bytes, sentence: str) -> None:
    with pytest.raises(EvidenceDiffersError, match=f"m: {sentence}"):
        parse_manifest(content, source="m")


@pytest.mark.parametrize("name", ["a", "a/b", "a..b", "...", "a~", "ab:c", "ä/é"])
def test_plain_names_stay_inside(name: str) -> None:
    assert is_inside(name)


def decomposed(data: Path) -> None:
    (data / unicodedata.normalize("NFD", "Größe")).touch()


def not_utf8(data: Path) -> None:
    (Path(os.fsdecode(os.fsencode(data) + b"/\xff"))).touch()


def colliding(data: Path) -> None:
    (data / "Scan.png").touch()
    (data / "scan.png").touch()


def colliding_folders(data: Path) -> None:
    for name in ("A", "a"):
        (data / name).mkdir()
        (data / name / f"{name}-file").touch()


@pytest.mark.fault(41)
@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (lambda data: (data / "link").symlink_to("/etc/passwd"), "data/link: is a link"),
        (lambda data: (data / "link").symlink_to(data.parent), "data/link: is a link"),
        (lambda data: os.mkfifo(data / "pipe"), "data/pipe: is neither a file nor a folder"),
        (decomposed, r"is not composed \(Unicode NFC\)"),
        (not_utf8, "its name is not UTF-8"),
        (colliding, r"data/scan\.png: differs from data/Scan\.png in upper and lower case alone"),
        (colliding_folders, "data/a: differs from data/A in upper and lower case alone"),
        (lambda data: (data / "a\\b").touch(), "would lead out of the folder on some systems"),
    ],
)
def test_what_no_bag_may_hold_is_refused_by_name(
    tmp_path: Path, plant: Callable[[Path], object], sentence: str
) -> None:
    (tmp_path / "data").mkdir()
    plant(tmp_path / "data")
    with pytest.raises(BadInputError, match=sentence):
        write_bag(tmp_path, INFO)
    assert not (tmp_path / "manifest-sha256.txt").exists()


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").touch()
    (tmp_path / "bag" / "way").symlink_to(tmp_path / "outside")
    files, faults = files_of(tmp_path / "bag")
    assert files == {}
    assert len(faults) == 1
