"""Locating images: by path, by name, and the refusals."""

from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder, UndecodableImageError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/one.png", "a/two.jpg", "b/deep/three.png", "b/twin.png", "a/twin.png", "top.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture")
    return tmp_path


PLACES = [
    # id, path, search, found
    ("x", "a/one.png", False, "a/one.png"),  # as the studies state
    ("x", "old/folder/three.png", True, "b/deep/three.png"),  # moved: by its name
    ("x", "b/twin.png", True, "b/twin.png"),  # a path that exists is not ambiguous
    ("one.png", "", False, "a/one.png"),  # no path: the id is the name
    ("two", "", True, "a/two.jpg"),  # no path, an id without its ending
]


@pytest.mark.parametrize(("image_id", "image_path", "search", "expected"), PLACES)
def test_place_of_an_image(tree: Path, image_id: str, image_path: str, search: bool, expected: str) -> None:
    assert ImageFolder(tree, search=search).path_of(image_id, image_path) == tree / expected


@pytest.fixture
def spelt(tmp_path: Path) -> Path:
    for name in ("img/x.png", "img/UP.PNG", "img/sub dir/ä b.png", "img/y.png", "img/Y.PNG"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture")
    return tmp_path


SPELLINGS = [
    ("img\\x.png", "img/x.png"),
    (".\\img\\sub dir\\ä b.png", "img/sub dir/ä b.png"),
    ("img/up.png", "img/UP.PNG"),
    ("IMG/Up.Png", "img/UP.PNG"),
    ("img/sub dir/a\u0308 b.png", "img/sub dir/ä b.png"),  # the other normal form
    ("C:\\data\\img\\x.png", "img/x.png"),  # the longest end that leads to a file
    ("d:/archive/2024/IMG/X.PNG", "img/x.png"),
    ("\\\\server\\share\\img\\x.png", "img/x.png"),
    ("img/y.png", "img/y.png"),  # a path that exists is not ambiguous
]


@pytest.mark.parametrize(("image_path", "expected"), SPELLINGS)
def test_path_of_another_system_by_hand(spelt: Path, image_path: str, expected: str) -> None:
    assert ImageFolder(spelt, search=False).path_of("x", image_path) == spelt / expected


@pytest.mark.parametrize("search", [False, True])
def test_path_that_may_mean_two_files_is_refused(spelt: Path, search: bool) -> None:
    with pytest.raises(UndecodableImageError, match=r"'img/Y.PNG' and 'img/y.png' are alike"):
        ImageFolder(spelt, search=search).path_of("x", "img\\y.Png")


@pytest.mark.parametrize("image_path", ["img\\q.png", "C:\\x\\z.png", "x.png"])
def test_path_of_no_file_is_not_guessed(spelt: Path, image_path: str) -> None:
    with pytest.raises(UndecodableImageError, match="there is no file"):
        ImageFolder(spelt, search=False).path_of("x", image_path)


def test_moved_file_is_found_by_a_name_of_another_system(spelt: Path) -> None:
    folder = ImageFolder(spelt, search=True)
    assert folder.path_of("x", "E:\\old\\Ä B.png") == spelt / "img/sub dir/ä b.png"


@pytest.mark.parametrize(("image_path", "near"), [("img\\x1.png", "img/x.png"), ("img/nothing.jpg", "")])
def test_nearest_name_by_hand(spelt: Path, image_path: str, near: str) -> None:
    assert ImageFolder(spelt, search=False).nearest(image_path) == near


def test_image_that_is_nowhere_has_a_reason_without_the_folder(tree: Path) -> None:
    with pytest.raises(UndecodableImageError) as refusal:
        ImageFolder(tree, search=True).path_of("x", "four.png")
    assert refusal.value.reason == "there is no file named 'four.png' in the images folder"


def test_stated_path_is_not_searched_for_beside_the_studies(tree: Path) -> None:
    with pytest.raises(UndecodableImageError, match=r"no file 'three.png' beside the studies table"):
        ImageFolder(tree, search=False).path_of("x", "three.png")


@pytest.mark.parametrize("image_id", ["twin.png", "twin"])
def test_two_files_of_one_name_are_refused(tree: Path, image_id: str) -> None:
    with pytest.raises(BadInputError, match=r"'a/twin.png' and 'b/twin.png' in .* both have its name"):
        ImageFolder(tree, search=True).path_of(image_id, "")


def test_absolute_path_is_refused(tree: Path) -> None:
    with pytest.raises(BadInputError, match="is absolute; write it relative"):
        ImageFolder(tree, search=True).path_of("x", "/etc/passwd")


def test_folder_that_is_no_folder_is_refused(tree: Path) -> None:
    with pytest.raises(BadInputError, match=r"top.png: is not a folder"):
        ImageFolder(tree / "top.png", search=True)
