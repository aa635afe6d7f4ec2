"""Which decisions another machine may turn is said before anyone repeats anything."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from protocols.evidence.reproduction.guard_band import GuardBand, guard_band
from reports.content.context import ReportContext
from tests.reports.conftest import rows_under

ROW = "Decisions near the threshold"


@pytest.mark.parametrize(
    ("images", "told"),
    [
        (0, "none of 123 scores lies within 0.00001 of it, so no difference allowed between machines turns"),
        (
            1,
            "1 of 123 scores lies within 0.00001 of it, so that a difference allowed between machines may turn",
        ),
        (21, "i18, i19, and others"),
    ],
)
def test_images_near_the_threshold_are_named_and_cut_by_hand(
    images: int,
    told: str,
    context_of: Callable[[str], ReportContext],
    page_from: Callable[[ReportContext], str],
) -> None:
    near = GuardBand(1e-5, 123, tuple(f"i{number:02}" for number in range(images)))
    rows = rows_under(page_from(replace(context_of("confirmatory"), near=near)), "Parts of the work done")
    (row,) = [row for row in rows if row[0] == ROW]
    assert told in row[1]


def test_the_band_is_that_of_the_analysed_scores(context_of: Callable[[str], ReportContext]) -> None:
    """The smallest distance from the threshold that any score of the study has is outside by hand."""
    context = context_of("confirmatory")
    scores = np.concatenate([context.scores.positive, context.scores.negative])
    assert np.abs(scores - 0.5).min() > 1e-5
    assert context.near.image_id == ()
    assert context.near == guard_band(("a",) * context.near.scores, np.ones(context.near.scores), 0.5)
    assert context.near.scores >= len(scores)
