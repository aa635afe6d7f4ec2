"""What everybody reads of a model folder, by hand; that it is what a training wrote is with the trainings."""

from dataclasses import fields
from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.model_folder import (
    CURVE_COLUMNS,
    HISTORY,
    HISTORY_COLUMNS,
    OPERATING_POINT,
    TUNING_CURVE,
    Epoch,
    TuningPoint,
    read_history,
    read_threshold,
    read_tuning_curve,
)
from protocols.storage.canonical import sha256_file

HISTORY_TEXT = (
    "epoch,learning_rate,loss,tune_loss,tune_auroc,tune_auroc_mean\n1,0.001000000,0.3,0.35,0.8,0.7\n"
)
CURVE_TEXT = (
    "threshold,true_positives,false_positives,sensitivity,specificity,f1\n0.500000,3,1,0.75,0.8,0.75\n"
)


def test_the_columns_hold_what_is_read_of_them() -> None:
    assert tuple(field.name for field in fields(Epoch)) == HISTORY_COLUMNS
    assert {field.name for field in fields(TuningPoint)} <= set(CURVE_COLUMNS)


def test_history_and_tuning_curve_by_hand(tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text(HISTORY_TEXT)
    (tmp_path / TUNING_CURVE).write_text(CURVE_TEXT)
    assert read_history(tmp_path) == (Epoch(1, 0.001, 0.3, 0.35, 0.8, 0.7),)
    assert read_tuning_curve(tmp_path) == (TuningPoint(0.5, 0.75, 0.8, 0.75),)


@pytest.mark.parametrize("row", ["1.5,0.001,0.3,0.35,0.8,0.7", "1,0.001", "1,0.001,0.3,0.35,high,0.7"])
def test_a_row_of_other_values_is_refused(row: str, tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text(HISTORY_TEXT + row + "\n")
    with pytest.raises(
        BadInputError, match=r"history\.csv: is not as `train` writes it \(columns epoch, .*\); restore"
    ):
        read_history(tmp_path)


def test_the_threshold_of_any_device_needs_its_rule_alone_by_hand(tmp_path: Path) -> None:
    path = tmp_path / OPERATING_POINT
    path.write_text('{"threshold": 0.43, "rule": "youden", "maker": "another"}')
    chosen, sha256 = read_threshold(path)
    assert (chosen.threshold, chosen.rule, sha256) == (0.43, "youden", sha256_file(path))


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ('{"threshold": 1.01, "rule": "youden"}', "threshold: input should be less than or equal to 1"),
        ('{"threshold": "0.43", "rule": "youden"}', "threshold: input should be a valid number"),
        ('{"threshold": 0.43}', "rule: field required"),
        (
            '{"threshold": 0.4, "threshold": 0.43, "rule": "youden"}',
            "is no JSON that can be read: duplicate key 'threshold'",
        ),
    ],
)
def test_another_threshold_is_refused(content: str, wrong: str, tmp_path: Path) -> None:
    (tmp_path / OPERATING_POINT).write_text(content)
    with pytest.raises(
        BadInputError, match=rf"operating_point\.json: is not an operating point \({wrong}.*; give a"
    ):
        read_threshold(tmp_path / OPERATING_POINT)
