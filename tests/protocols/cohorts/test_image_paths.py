"""Image files as seen from the studies' folder: where the path leads, on real folders and links."""

from pathlib import Path

import pytest

from protocols.cohorts.image_paths import relative_paths


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("study", "../images/a.png"),
        ("images", "a.png"),  # beside the table
        ("study/2024/one", "../../../images/a.png"),
        (".", "images/a.png"),
    ],
)
def test_relative_paths_by_hand(tmp_path: Path, folder: str, expected: str) -> None:
    assert relative_paths([tmp_path / "images" / "a.png"], tmp_path / folder) == (expected,)


def test_a_linked_folder_leads_to_the_file_by_hand(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"x")
    (tmp_path / "disk" / "studies").mkdir(parents=True)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "disk" / "studies")
    (path,) = relative_paths([tmp_path / "images" / "a.png"], link)
    assert (link / path).read_bytes() == b"x"
