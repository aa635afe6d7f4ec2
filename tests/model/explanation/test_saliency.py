"""Saliency: maps against automatic differentiation, geometry by hand and against the pack's own fitting."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model import network
from model.data.pack.pack import fitted
from model.explanation.saliency import Area, enlarged, evidence, mark, picture_area, point_at
from model.inference.predict import predict
from model.runtime import keras
from protocols.storage.canonical import write_text
from protocols.tables.boxes_and_marks import Mark, marks_from
from protocols.tables.checks import predictions_from
from protocols.tables.reading import read_table

SIDE = 64


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (3, SIDE, SIDE), dtype=np.uint8)


def built(name: str) -> keras.Model:
    keras.utils.set_random_seed(3)
    return network.build(name, image_size=SIDE, outputs=3, dropout=0.5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="differentiates with TensorFlow")
@pytest.mark.parametrize("name", ["compact", pytest.param("densenet121", marks=pytest.mark.slow)])
def test_maps_are_grad_cam_but_for_a_positive_factor_against_autodiff(
    name: str, pictures: np.ndarray
) -> None:
    """Grad-CAM weighs each feature by the mean of the logit's derivative by it."""
    import tensorflow as tf

    model, head = built(name), 1
    trunk = keras.Model(model.input, model.get_layer("features").output)
    features = tf.constant(trunk.predict(pictures[..., None].astype("float32"), verbose=0))
    with tf.GradientTape() as tape:
        tape.watch(features)
        x = model.get_layer("dropout")(model.get_layer("pooled")(features), training=False)
        logit = model.get_layer("logits")(x)[:, head]
    weights = tf.reduce_mean(tape.gradient(logit, features), axis=(1, 2), keepdims=True)
    grad_cam = tf.reduce_sum(weights * features, axis=-1).numpy()  # before its negative part is cut off
    ours = np.array(list(evidence(model, pictures, np.arange(3), head=head)))
    cells = ours.shape[1] * ours.shape[2]
    assert np.abs(grad_cam).max() > 0
    np.testing.assert_allclose(ours, cells * grad_cam, rtol=1e-4, atol=1e-5 * np.abs(ours).max())


def test_the_mean_of_a_map_is_the_logit_without_its_bias_against_the_network(pictures: np.ndarray) -> None:
    model = built("compact")
    logits = model.predict(pictures[..., None].astype("float32"), verbose=0)
    bias = keras.ops.convert_to_numpy(model.get_layer("logits").bias)
    for head in range(3):
        means = [found.mean() for found in evidence(model, pictures, np.arange(3), head=head)]
        np.testing.assert_allclose(means, logits[:, head] - bias[head], rtol=1e-4, atol=1e-4)


def test_a_map_does_not_depend_on_its_neighbours_against_itself(pictures: np.ndarray) -> None:
    model = built("compact")
    together = list(evidence(model, pictures, np.arange(3), head=0))
    (alone,) = evidence(model, pictures, np.array([2]), head=0)
    np.testing.assert_array_equal(together[2], alone)


@given(st.integers(8, 300), st.integers(8, 300), st.integers(32, 100))
def test_the_area_of_an_image_against_the_pack(rows: int, columns: int, size: int) -> None:
    square = fitted(np.full((rows, columns), 255, np.uint8), size) > 0
    area = picture_area(rows, columns, size)
    expected = np.zeros_like(square)
    expected[area.top : area.top + area.height, area.left : area.left + area.width] = True
    np.testing.assert_array_equal(square, expected)


def test_the_area_of_an_image_by_hand() -> None:
    assert picture_area(100, 100, 64) == Area(0, 0, 64, 64)
    assert picture_area(200, 100, 64) == Area(16, 0, 32, 64)
    assert picture_area(75, 100, 64) == Area(0, 8, 64, 48)


def peak(row: int, column: int, cells: int = 8) -> np.ndarray:
    found = np.full((cells, cells), -1.0)
    found[row, column] = 2.0
    return found


WHOLE = Area(0, 0, SIDE, SIDE)


def test_one_strong_cell_by_hand() -> None:
    """Cells of 8 pixels: bilinear evidence of one cell falls to half at half a cell from its centre, in each axis."""
    pointed = point_at(peak(2, 5), WHOLE)
    assert pointed is not None
    assert (pointed.x, pointed.y) == (5.5 / 8, 2.5 / 8)
    left, top, width, height = pointed.bounds
    assert (left, top) == (5 / 8, 2 / 8)
    assert (width, height) == (1 / 8, 1 / 8)


def test_of_two_equal_neighbours_the_border_is_meant_by_hand() -> None:
    found = peak(2, 4)
    found[2, 5] = 2.0
    pointed = point_at(found, WHOLE)
    assert pointed is not None
    assert (pointed.x, pointed.y) == (5 / 8, 2.5 / 8)


def test_a_peak_between_cells_by_hand() -> None:
    """The parabola through 1, 2, 1.5 is highest a sixth of a cell right of the middle one."""
    found = peak(3, 3)
    found[3, 2], found[3, 4] = 1.0, 1.5
    pointed = point_at(found, WHOLE)
    assert pointed is not None
    assert pointed.x == pytest.approx((3.5 + 1 / 6) / 8)


def test_the_region_is_connected_by_hand() -> None:
    """A second strong cell far away, or one that touches by a corner only, is not of the region."""
    far, corner = peak(2, 2), peak(2, 2)
    far[6, 6] = 1.9
    corner[3, 3] = 1.9
    for found, extent in ((far, 8), (corner, 16)):
        pointed = point_at(found, WHOLE)
        assert pointed is not None
        assert pointed.region[20, 20] and not pointed.region[40:, 40:].any()
        assert pointed.region.any(axis=0).sum() <= extent


def test_nothing_that_speaks_for_the_finding_is_no_mark_by_hand() -> None:
    assert point_at(np.full((4, 4), -0.1), WHOLE) is None
    assert point_at(np.zeros((4, 4)), WHOLE) is None


def test_evidence_outside_the_image_does_not_count_by_hand() -> None:
    """An upright image twice as high as wide is in the middle half of the square."""
    area = picture_area(200, 100, SIDE)
    assert point_at(peak(4, 0), area) is None
    found = np.maximum(peak(4, 0), peak(4, 3) / 2)
    pointed = point_at(found, area)
    assert pointed is not None
    assert (pointed.x, pointed.y) == ((3.5 * 8 - 16) / 32, 4.5 / 8)
    assert pointed.bounds == (0.25, 0.5, 0.25, 0.125)


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(20, 200),
    st.sampled_from([20, 60, 100, 200]),
    st.integers(0, 2**32 - 1),
)
@example(7, 7, 100, 100, 1)
@example(2, 9, 100, 100, 2)
def test_a_mark_lies_in_the_image_and_its_region_is_strong(
    down: int, across: int, rows: int, columns: int, seed: int
) -> None:
    found = np.random.default_rng(seed).normal(size=(down, across))
    area = picture_area(rows, columns, SIDE)
    pointed = point_at(found, area)
    if pointed is None:
        return
    left, top, width, height = pointed.bounds
    assert 0 <= pointed.x <= 1 and 0 <= pointed.y <= 1
    assert left >= 0 and top >= 0 and width > 0 and height > 0
    assert left + width <= 1 + 1e-12 and top + height <= 1 + 1e-12
    if rows == columns:
        assert enlarged(found, SIDE)[pointed.region].min() >= 0.5 * found.max() - 1e-6


def test_a_brighter_copy_of_the_map_points_alike_against_itself() -> None:
    found = np.random.default_rng(8).normal(size=(7, 7))
    one, other = point_at(found, WHOLE), point_at(4.0 * found, WHOLE)
    assert one is not None and other is not None
    assert (one.x, one.y, one.bounds) == (other.x, other.y, other.bounds)


def test_marks_of_a_trained_network_by_hand(
    trained: Any, cohort: Any, progress: Callable[..., None], tmp_path: Path
) -> None:
    """An image of 32 pixels leaves one cell: a mark is then the middle of the whole image, or there is none."""
    given = {"work": tmp_path / "work", "device": "cpu", "progress": progress}
    predicted = predict(trained.folder, cohort.studies, cohort.images, **given)
    text = mark(trained.folder, cohort.studies, cohort.images, **given)
    for name, content in (("marks.csv", text), ("predictions.csv", predicted.predictions)):
        write_text(tmp_path / name, content)
    marks = marks_from(read_table(tmp_path / "marks.csv")).by_image
    predictions = predictions_from(read_table(tmp_path / "predictions.csv"))
    assert set(marks) == set(predictions.image_id)
    assert text == mark(trained.folder, cohort.studies, cohort.images, **given)
    assert set(marks.values()) <= {None, Mark(0.5, 0.5, (0.0, 0.0, 1.0, 1.0))}
