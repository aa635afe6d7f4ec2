"""Class-weighted binary cross-entropy; unknown labels have weight 0.

Source: Rajpurkar et al. 2017, arXiv 1711.05225, section 2.1.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.runtime import keras


class ClassWeightedBinaryCrossentropy(keras.losses.Loss):
    """-w1 y log p - w0 (1 - y) log(1 - p), averaged over known labels; y NaN is unknown.

    For each finding w1 is the proportion of negatives in the training split and w0 the proportion of positives, so
    over the whole split both classes have the same total weight. A finding without both classes in the split cannot
    be learnt: its labels have weight 0 and are not in the average. Always float32.

    Args:
        labels: 1, 0 or NaN, of shape (images, findings): the training split.
    """

    def __init__(self, labels: NDArray[np.floating[Any]]) -> None:
        super().__init__(name="class_weighted_binary_crossentropy", dtype="float32")
        positives, negatives = (labels == 1).sum(axis=0), (labels == 0).sum(axis=0)
        known = np.maximum(positives + negatives, 1)
        self.weight_of_positives = (negatives / known * (positives > 0)).astype("float32")
        self.weight_of_negatives = (positives / known * (negatives > 0)).astype("float32")
        self.learnable = ((positives > 0) & (negatives > 0)).astype("float32")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value per image; their mean is the loss of the batch.

        Not a scalar: Keras does not rescale a scalar where several GPUs share a batch, and the sum of their
        gradients would be too large by the number of GPUs.

        Args:
            y_true: labels of shape (images, findings).
            y_pred: logits of the same shape.
        """
        ops = keras.ops
        unknown = ops.isnan(y_true)
        present = ops.where(unknown, 0.0, y_true)
        absent = ops.where(unknown, 0.0, 1.0 - y_true)
        weighted = self.weight_of_positives * present * ops.log_sigmoid(y_pred)
        weighted += self.weight_of_negatives * absent * ops.log_sigmoid(-y_pred)
        known = ops.sum(self.learnable * (present + absent))
        images = ops.cast(ops.shape(y_pred)[0], "float32")
        return -ops.sum(weighted, axis=1) * images / ops.maximum(known, 1.0)
