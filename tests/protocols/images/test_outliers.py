"""The range without outliers, by hand."""

import numpy as np
import pytest

from protocols.images.outliers import range_of

BODY = list(
    range(1000, 2001)
)  # the 2nd percentile is 1020, the 98th 1980: outliers are below 60 or above 2940
RANGES = [
    ([], (0, 0)),
    ([7], (7, 7)),
    ([7] * 99 + [9000], (7, 9000)),  # the body has no width: nothing to compare with
    (BODY, (1000, 2000)),
    ([*BODY, 2940], (1000, 2940)),
    ([*BODY, 9000], (1000, 2000)),
    ([*BODY, -5000, 9000], (1000, 2000)),
    ([*BODY, *[9000] * 18], (1000, 2000)),
    ([*BODY, *[9000] * 30], (1000, 9000)),  # 3 % are no marker
]


@pytest.mark.parametrize(("values", "expected"), RANGES)
def test_range_by_hand(values: list[int], expected: tuple[int, int]) -> None:
    assert range_of(np.array(values, dtype=np.int64)) == expected
