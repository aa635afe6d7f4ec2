import json
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from reports.device import HISTORY, OPERATING_POINT, PLAN, Epoch, read_device

SPLIT = {"images": 10, "patients": 5, "positives": 4, "negatives": 6, "unlabelled": 0}
DOCUMENTS = {
    PLAN: {
        "schema": "cxr510k-model/1",
        "training": {
            "label": "opacity",
            "label_source": "known_truth",
            "network": "compact",
            "image_size": 128,
            "batch_size": 32,
            "epochs": 20,
            "patience": 8,
            "learning_rate": 0.001,
            "weight_decay": 0.0001,
            "seed": 510,
        },
        "preprocessing": "8-bit grey",
        "backend": "tensorflow",
        "device": "cpu",
        "split": {"origin": "hash", "salt": "s", "tune_share": 0.25, "train": SPLIT, "tune": SPLIT},
        "best_epoch": 2,
        "tune_auroc": 0.9,
        "weights_sha256": "ab" * 32,
    },
    OPERATING_POINT: {
        "threshold": 0.5,
        "rule": "youden",
        "chosen_on": SPLIT | {"sensitivity": 0.9, "specificity": 0.8, "f1": 0.7, "split": "tune"},
        "weights_sha256": "ab" * 32,
    },
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder as `train` writes it, without its weights."""
    for name, document in DOCUMENTS.items():
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / HISTORY).write_text("epoch,loss,tune_auroc\n1,0.3,0.8\n2,0.2,0.9\n", encoding="utf-8")
    return tmp_path


def test_no_folder_is_no_device(tmp_path: Path) -> None:
    assert read_device(tmp_path / "model") is None


def test_the_folder_by_hand(model: Path) -> None:
    device = read_device(model)
    assert device is not None
    assert (device.plan.training.label, device.threshold.chosen_on.f1) == ("opacity", 0.7)
    assert device.history == (Epoch(1, 0.3, 0.8), Epoch(2, 0.2, 0.9))


@pytest.mark.parametrize("name", [PLAN, OPERATING_POINT, HISTORY])
def test_a_missing_file_is_refused(name: str, model: Path) -> None:
    (model / name).unlink()
    with pytest.raises(BadInputError, match=f"{name}: cannot be read"):
        read_device(model)


@pytest.mark.parametrize("name", [PLAN, OPERATING_POINT, HISTORY])
def test_another_content_is_refused(name: str, model: Path) -> None:
    (model / name).write_text("{}\n{}\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=f"{name}: is not as `train` writes it"):
        read_device(model)
