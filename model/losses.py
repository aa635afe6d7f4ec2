"""Binary cross-entropy in which both classes weigh alike, and unknown labels nothing.

Source: Rajpurkar et al. 2017, arXiv 1711.05225, section 2.1.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.runtime import keras


class ClassWeightedBinaryCrossentropy(keras.losses.Loss):
    """-w1 y log p - w0 (1 - y) log(1 - p), averaged over known labels; y NaN is unknown.

    w1 is the share of negatives in the training split and w0 the share of positives, so over the
    whole split both classes carry the same total weight.

    Args:
        labels: 1, 0 or NaN, of shape (images, findings): the training split.
    """

    def __init__(self, labels: NDArray[np.float64]) -> None:
        super().__init__(name="class_weighted_binary_crossentropy")
        share_of_positives = np.nanmean(labels, axis=0)
        self.weight_of_positives = (1.0 - share_of_positives).astype("float32")
        self.weight_of_negatives = share_of_positives.astype("float32")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of a batch.

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
        known = ops.sum(present + absent)
        return -ops.sum(weighted) / ops.maximum(known, 1.0)
