"""Rows of the packed array, against NumPy's own reader."""

from pathlib import Path

import numpy as np
import pytest

from model.data.pack.file import PackFile
from protocols.storage.canonical import sha256_bytes


def test_reserved_written_and_read_against_numpy(tmp_path: Path) -> None:
    file = PackFile(tmp_path / "p.npy", 5, 3)
    file.reserve()
    assert np.load(file.path).shape == (5, 3, 3)
    assert not np.load(file.path).any()
    some = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    file.write(2, some)
    expected = np.zeros((5, 3, 3), np.uint8)
    expected[2:4] = some
    np.testing.assert_array_equal(np.load(file.path), expected)
    np.testing.assert_array_equal(file.pixels(), expected)
    assert file.sha256(2, 2) == sha256_bytes(some.tobytes())
    assert not file.pixels().flags.writeable


def test_reserving_again_keeps_what_is_there(tmp_path: Path) -> None:
    file = PackFile(tmp_path / "p.npy", 2, 3)
    file.reserve()
    file.write(0, np.ones((1, 3, 3), np.uint8))
    file.reserve()
    assert file.pixels()[0].all()


@pytest.mark.parametrize("content", [b"", b"something else", b"x" * (128 + 18)])
def test_anything_else_under_its_name_is_made_anew(tmp_path: Path, content: bytes) -> None:
    file = PackFile(tmp_path / "p.npy", 2, 3)
    file.path.write_bytes(content)
    file.reserve()
    assert file.pixels().tolist() == np.zeros((2, 3, 3)).tolist()


def test_room_by_hand(tmp_path: Path) -> None:
    assert PackFile(tmp_path / "p.npy", 112_120, 224).gigabytes == pytest.approx(5.6257, abs=1e-4)
