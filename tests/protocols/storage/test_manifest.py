"""Every way a folder can differ from its manifest, by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.storage.manifest import check_manifest, differences, read_manifest, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "b.csv").write_text("b\n")
    (tmp_path / "a.json").write_text("{}\n")
    write_manifest(tmp_path)
    return tmp_path


def test_entries_by_hand(folder: Path) -> None:
    entries = read_manifest(folder)
    assert [(entry.path, entry.size) for entry in entries] == [("a.json", 3), ("inputs/b.csv", 2)]
    # printf 'b\n' | sha256sum
    assert entries[1].sha256 == "0263829989b6fd954f72baaf2fc64bc2e2f01d692d4de72986ea808f6e99813f"


def test_an_unchanged_folder_has_no_differences_against_itself(folder: Path) -> None:
    check_manifest(folder)
    assert differences(folder) == []


CHANGES: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / "a.json").write_text("[]\n"), "a.json: changed"),
    (lambda folder: (folder / "inputs" / "b.csv").unlink(), "inputs/b.csv: recorded, but missing"),
    (lambda folder: (folder / "c.txt").write_text(""), "c.txt: not recorded in the manifest"),
]


@pytest.mark.parametrize(("change", "sentence"), CHANGES)
def test_each_change_is_named(folder: Path, change: Callable[[Path], object], sentence: str) -> None:
    change(folder)
    with pytest.raises(EvidenceDiffersError, match=sentence):
        check_manifest(folder)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"schema": "other"}', '{"schema": "cxr510k-manifest/1", "files": 3}']
)
def test_a_manifest_of_another_kind_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(BadInputError, match=r"is not cxr510k-manifest/1"):
        read_manifest(folder)
