"""AUROC of the tuning split, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from model.training.tuning_auroc import auroc, auroc_of_heads

CASES = [
    ([0.9, 0.1], [1, 0], 1.0),  # in order
    ([0.1, 0.9], [1, 0], 0.0),  # the wrong way round
    ([0.5, 0.5, 0.5], [1, 0, 0], 0.5),  # all ties
    ([0.8, 0.4, 0.4, 0.2], [1, 1, 0, 0], 0.875),  # 3 of 4 pairs won, one tied
]


@pytest.mark.parametrize(("scores", "labels", "expected"), CASES)
def test_auroc_by_hand(scores: list[float], labels: list[int], expected: float) -> None:
    assert auroc(np.array(scores), np.array(labels)) == expected


def test_auroc_against_sklearn() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 500)
    scores = np.round(rng.random(500) + 0.3 * labels, 2)
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_auroc_of_heads_takes_what_is_known_by_hand() -> None:
    nan = np.nan
    scores = np.array([[0.9, 0.9, 0.9], [0.4, 0.2, 0.4], [0.1, 0.3, 0.1]])
    labels = np.array([[1, 0, 1], [0, 1, nan], [nan, 0, 1]])
    assert auroc_of_heads(scores, labels) == (1.0, 0.0, None)
