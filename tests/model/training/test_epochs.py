"""The best of several epochs."""

from model.training.epochs import best
from protocols.model_folder import Epoch

EPOCHS = [
    Epoch(1, 0.001, 0.3123456789, 0.4, 0.7, 0.6),
    Epoch(2, 0.0005, 0.2, 0.3, 0.9, 0.8),
    Epoch(3, 0.00001, 0.1, 0.35, 0.9, 0.9),
]


def test_best_is_the_first_of_the_highest_primary_auroc_by_hand() -> None:
    assert best(EPOCHS) is EPOCHS[1]
