import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.images.input_gate import FEWEST_SHADES, MOST_COLOURFUL
from protocols.model_folder import HISTORY, OPERATING_POINT, PLAN, TUNING_CURVE, Epoch, TuningPoint
from reports.content.context import ReportContext
from reports.pages.all_figures import gallery
from reports.pages.report import report_page
from reports.run_files.device import read_device

CHOSEN = {"images": 10, "patients": 5, "positives": 4, "negatives": 6}
SPLIT = CHOSEN | {"primary_unknown": 0, "unlabelled": 1, "out_of_scope": {"its view is LATERAL": 2}}
COUNTS = {"train_positives": 4, "train_negatives": 6, "tune_positives": 4, "tune_negatives": 6}
DOCUMENTS = {
    PLAN: {
        "schema": "cxr510k-model/1",
        "protocol": {"id": "small", "version": 1, "sha256": "cd" * 32},
        "training": {
            "label": "opacity",
            "label_source": "known_truth",
            "heads": ["effusion", "opacity"],
            "network": "compact",
            "initial_weights_sha256": None,
            "image_size": 128,
            "batch_size": 32,
            "epochs": 20,
            "patience": 8,
            "learning_rate": 0.001,
            "warmup_epochs": 1,
            "weight_decay": 0.0001,
            "clip_norm": 1.0,
            "dropout": 0.2,
            "precision": "float32",
            "calibration": "platt",
            "seed": 510,
            "augmentation": {
                "turn_degrees": 5.0,
                "shift": 0.05,
                "zoom": 0.08,
                "brightness": 0.1,
                "contrast": 0.1,
                "mirror": False,
            },
        },
        "input_gate": {
            "modalities": ["CR", "DX"],
            "body_parts": ["CHEST"],
            "views": ["PA", "AP"],
            "age_years": [0.0, 120.0],
            "smallest_side": 200,
        },
        "preprocessing": "8-bit grey",
        "backend": "tensorflow",
        "device": "cpu",
        "split": {"origin": "hash", "salt": "s", "tune_share": 0.25, "train": SPLIT, "tune": SPLIT},
        "heads": [
            COUNTS | {"finding": "effusion", "tune_auroc": None},
            COUNTS | {"finding": "opacity", "tune_auroc": 0.9},
        ],
        "leakage": {"identical": 0, "near": 1},
        "best_epoch": 2,
        "tune_auroc": 0.9,
        "weights_sha256": "ab" * 32,
    },
    OPERATING_POINT: {
        "threshold": 0.5,
        "rule": "youden",
        "chosen_on": CHOSEN | {"sensitivity": 0.9, "specificity": 0.8, "f1": 0.7, "split": "tune"},
        "calibration": {
            "method": "platt",
            "slope": 0.75,
            "intercept": -1.5,
            "images": 10,
            "log_loss_before": 0.71,
            "log_loss_after": 0.52,
            "reason": None,
        },
        "weights_sha256": "ab" * 32,
    },
}
TABLES = {
    HISTORY: "epoch,learning_rate,loss,tune_loss,tune_auroc,tune_auroc_mean\n"
    "1,0.001,0.3,0.35,0.8,0.7\n2,0.0009,0.2,0.3,0.9,0.75\n",
    TUNING_CURVE: "threshold,true_positives,false_positives,sensitivity,specificity,f1\n"
    "0.9,1,0,0.25,1.0,0.4\n0.5,3,1,0.75,0.833333,0.75\n0.1,4,6,1.0,0.0,0.571429\n",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder as `train` writes it, without its weights."""
    for name, document in DOCUMENTS.items():
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_no_folder_is_no_device(tmp_path: Path) -> None:
    assert read_device(tmp_path / "model") is None


def test_the_folder_by_hand(model: Path) -> None:
    device = read_device(model)
    assert device is not None
    assert (device.plan.training.label, device.operating_point.chosen_on.f1) == ("opacity", 0.7)
    assert device.history == (Epoch(1, 0.001, 0.3, 0.35, 0.8, 0.7), Epoch(2, 0.0009, 0.2, 0.3, 0.9, 0.75))
    assert device.tuning_curve[1] == TuningPoint(0.5, 0.75, 0.833333, 0.75)
    assert device.plan.split.train.refused == 2


@pytest.mark.parametrize("name", [PLAN, OPERATING_POINT, HISTORY, TUNING_CURVE])
def test_a_missing_file_is_refused(name: str, model: Path) -> None:
    (model / name).unlink()
    with pytest.raises(BadInputError, match=f"{name}: cannot be read"):
        read_device(model)


@pytest.mark.parametrize("name", [PLAN, OPERATING_POINT, HISTORY, TUNING_CURVE])
def test_another_content_is_refused(name: str, model: Path) -> None:
    (model / name).write_text("{}\n{}\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=f"{name}: is not .*; restore the model folder, or train again"):
        read_device(model)


TOLD = [
    "Modality DICOM header CR and DX",
    "View DICOM header, else the studies table PA and AP; no oblique view",
    "Age DICOM header, else the studies table 0 to 120 years",
    "Size pixels smaller side of 200 pixels or more",
    "From file to call.",
    "left out 1 without a label and 2 outside the input gate",
    "of the tuning pictures 0 are the same as a training picture and 1 nearly so",
    "learnt together with 1 other finding",
    "Platt scaling: slope 0.750, intercept −1.500; log-loss 0.710 before, "
    "0.520 after, on 10 images of the tuning split",
    "AdamW with learning rate 0.001 after 1 epoch of warm-up, weight decay 0.0001, "
    "gradients clipped at norm 1.0, dropout 0.2",
    "up to ±5° of turn, ±5 % of the side of shift, "
    "±8 % of zoom, ±10 % of brightness, ±10 % of contrast; never mirrored",
    "Choice of the threshold on the tuning split.",
    "effusion 4 6 4 6 not estimable",
]


@pytest.fixture
def told(model: Path, context_of: Callable[[str], ReportContext]) -> str:
    """The section of the report as one line of text."""
    context = replace(context_of("passing"), device=read_device(model))
    section = report_page(context, gallery(context)).split('id="device"')[1].split('id="protocol"')[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split()).replace(" ;", ";")


def test_the_section_says_how_the_device_was_made(told: str) -> None:
    assert [sentence for sentence in TOLD if sentence not in told] == []


def test_the_checks_name_the_limits_of_the_gate(told: str) -> None:
    assert f"at most {MOST_COLOURFUL * 100:.0f} % coloured" in told
    assert f"at least {FEWEST_SHADES} of 256" in told


def test_a_device_that_was_not_calibrated_says_why(
    model: Path, context_of: Callable[[str], ReportContext]
) -> None:
    frozen = json.loads((model / OPERATING_POINT).read_text())
    frozen["calibration"] |= {"method": "none", "slope": 1.0, "intercept": 0.0, "reason": "it is so"}
    (model / OPERATING_POINT).write_text(json.dumps(frozen))
    context = replace(context_of("passing"), device=read_device(model))
    assert "none: it is so; log-loss 0.710, on 10 images" in report_page(context, gallery(context))
