"""Run times by a simulated clock: the measurements that count, and their unit."""

import itertools
import json
from typing import Any

import pytest

from model.inference.timing import BATCHES, distribution, timing
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.progress import silent


def test_distribution_by_hand() -> None:
    found = distribution("network", 64, [0.001, 0.002, 0.003, 0.004, 0.101])
    assert (found.median_ms, found.max_ms, found.measurements) == (3.0, 101.0, 5)
    assert found.p95_ms == pytest.approx(4 + 0.8 * 97)


def test_every_image_and_batch_is_timed_by_hand(trained: Any, cohort: Any) -> None:
    """A clock that advances one second per reading: each measurement takes one, that of a batch a 64th per image."""
    ticks = itertools.count()
    found = timing(
        trained.folder,
        cohort.studies,
        cohort.images,
        device="cpu",
        clock=lambda: float(next(ticks)),
        progress=silent,
    )
    told = [(one.stage, one.batch, one.measurements, one.median_ms, one.max_ms) for one in found.stages]
    assert told == [
        ("decode and fit", 1, 40, 1000.0, 1000.0),
        ("network", 1, 40, 1000.0, 1000.0),
        ("network", 64, BATCHES, 15.625, 15.625),
    ]
    assert (found.images, found.image_size, found.network) == (40, 32, "compact")
    assert json.loads(found.to_json())["schema"] == "cxr510k-timing/1"


def test_nothing_to_time_is_refused(trained: Any, cohort: Any, tmp_path: Any) -> None:
    with pytest.raises(BadInputError, match="none can be timed"):
        timing(
            trained.folder,
            cohort.studies,
            ImageFolder(tmp_path, search=False),
            device="cpu",
            clock=float,
            progress=silent,
        )
