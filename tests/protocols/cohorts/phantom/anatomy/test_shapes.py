"""Projected solids: thicknesses and depths that a ruler gives too."""

from math import pi, sqrt

import numpy as np
import pytest

from protocols.cohorts.phantom.anatomy.shapes import (
    SIZE,
    bell,
    chord,
    ellipse,
    merged,
    rounded,
    smooth_noise,
    softened,
    spread,
    step,
    to_segment,
    tube,
)


def at(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (chord(at(0, 3, 5, 7), 5), [10, 8, 0, 0]),  # 3-4-5 triangle; outside nothing
        (tube(at(0, 5), 5, 1), [10 - 0.85 * 8, 0]),  # wall 1 around a marrow space of radius 4
        (rounded(at(-1, 0, 1, 9), 2), [0, 0, sqrt(0.75), 1]),  # a quarter circle of radius 2
        (step(at(-9, 0, 9), 4), [0, 0.5, 1]),  # half way at the edge
        (bell(at(0, 3), 3), [1, np.exp(-1)]),  # 1/e at its width
        (
            merged(at(0, 0), at(9, 0), 4),
            [9, 1],
        ),  # far apart the larger; at a seam a quarter of the blend more
        (ellipse(at(0, 4, 0), at(0, 0, 2), (0, 0), (4, 2)), [2, 0, 0]),  # depth = short axis, then two edges
        (ellipse(at(0), at(4), (0, 0), (4, 2), pi / 2), [0]),  # the long axis turned upright
        (to_segment(at(0, 2), at(3, 0), (-1, 0), (1, 0))[0], [3, 1]),  # beside the middle; beyond the end
        (to_segment(at(0, 2), at(3, 0), (-1, 0), (1, 0))[1], [0.5, 1]),  # shares of the length
    ],
)
def test_thickness_and_depth_by_hand(found: np.ndarray, expected: list[float]) -> None:
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("blurred", [softened, lambda image: spread(image, 3)])
def test_a_blur_keeps_a_flat_field_by_hand(blurred: object) -> None:
    flat = np.full((SIZE, SIZE), 7, dtype=np.float32)
    np.testing.assert_allclose(blurred(flat), flat, rtol=1e-6)  # type: ignore[operator]


def test_noise_has_about_unit_variance_against_theory() -> None:
    noise = smooth_noise(np.random.Generator(np.random.Philox(key=[1, 1])), SIZE)
    assert noise.std() == pytest.approx(1, abs=4 / sqrt(2 * SIZE * SIZE))
