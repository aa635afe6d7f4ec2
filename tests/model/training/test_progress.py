"""Rate and time left on the screen, by hand on a clock of our own."""

import pytest

from model.training import progress
from model.training.progress import Pace


def test_rate_and_time_left_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    said: list[tuple[int, int, str]] = []
    watched = Pace(100, "resumed", lambda stage, done, total, note="": said.append((done, total, note)))
    now[0] = 130.0  # the first step compiles for half a minute, which no later step will
    watched.step(1, 16, "loss 1")
    now[0] = 132.0
    watched.step(2, 16, "loss 2")
    now[0] = 134.0
    watched.step(100, 16, "the last is told by finish")
    watched.finish("best epoch 1")
    assert said == [
        (1, 100, "resumed; loss 1"),
        (2, 100, "resumed; loss 2, 8 images/s, at most 3:16 left"),
        (100, 100, "resumed; best epoch 1"),
    ]
    assert (watched.seconds, watched.images_per_second) == (34.0, 8.0)


def test_rate_of_no_step_is_zero() -> None:
    assert Pace(10, "", lambda *_, **__: None).images_per_second == 0.0
