"""The folder of work under way: kept when a command is interrupted or fails, removed when it is done."""

from pathlib import Path

import pytest

from cxr510k.workflow.work_folder import work_folder
from protocols.errors import InterruptedWorkError


def test_it_is_gone_when_the_work_is_done(tmp_path: Path) -> None:
    with work_folder(tmp_path / "out") as work:
        assert work == tmp_path / "out.work"
        work.mkdir()
    assert not work.exists()


@pytest.mark.fault(50)
def test_an_interruption_says_where_it_is_kept(tmp_path: Path) -> None:
    kept = r"out was not written\. What is done is kept in .*out\.work"
    with pytest.raises(InterruptedWorkError, match=kept), work_folder(tmp_path / "out") as work:
        work.mkdir()
        raise KeyboardInterrupt
    assert (tmp_path / "out.work").exists()


def test_an_interruption_before_any_work_is_one_like_others(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), work_folder(tmp_path / "out"):
        raise KeyboardInterrupt


def test_it_is_kept_where_the_work_failed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), work_folder(tmp_path / "out") as work:
        work.mkdir()
        raise OSError("full")
    assert (tmp_path / "out.work").exists()
