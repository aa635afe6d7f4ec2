"""The columns of history.csv, and the best of several epochs."""

from model.artifact.history import HISTORY_COLUMNS, Epoch, best

EPOCHS = [
    Epoch(1, 0.001, 0.3123456789, 0.4, 0.7, 0.6),
    Epoch(2, 0.0005, 0.2, 0.3, 0.9, 0.8),
    Epoch(3, 0.00001, 0.1, 0.35, 0.9, 0.9),
]


def test_best_is_the_first_of_the_highest_primary_auroc_by_hand() -> None:
    assert best(EPOCHS) is EPOCHS[1]


def test_cells_by_hand() -> None:
    assert dict(zip(HISTORY_COLUMNS, EPOCHS[0].cells(), strict=True)) == {
        "epoch": "1",
        "learning_rate": "0.001000000",
        "loss": "0.312346",
        "tune_loss": "0.400000",
        "tune_auroc": "0.700000",
        "tune_auroc_mean": "0.600000",
    }


def test_numbers_there_and_back_against_itself() -> None:
    assert [Epoch.of_numbers(epoch.numbers()) for epoch in EPOCHS] == EPOCHS
