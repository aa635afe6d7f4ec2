"""Predictions: right, in the order of the studies, the same in any company, and honest about failures."""

import csv
import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.checkpoint import load
from model.pack import fitted
from model.predict import BATCH, predict, scores
from model.ranking import auroc
from protocols.admission import predictions_from
from protocols.canonical import sha256_bytes
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.images.picture import read_picture
from protocols.tables import Table


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def text(trained: Any, cohort: Any, progress: Any) -> str:
    return predict(trained.folder, cohort.studies, cohort.images, device="cpu", progress=progress)


def test_one_row_a_test_image_in_the_order_of_the_studies(text: str, cohort: Any) -> None:
    studies = cohort.studies
    expected = [i for i, split in zip(studies.image_id, studies.split, strict=True) if split == "test"]
    assert [row["image_id"] for row in rows_of(text)] == expected


def test_table_is_one_that_the_suite_reads(text: str) -> None:
    rows = rows_of(text)
    assert text.startswith("image_id,score,status,reason\n")
    table = Table("p", {name: tuple(row[name] for row in rows) for name in rows[0]}, len(rows))
    assert len(predictions_from(table).image_id) == 40


def test_scores_have_six_decimals(text: str) -> None:
    assert {len(row["score"]) for row in rows_of(text)} == {8}


def test_device_finds_the_discs_of_unseen_patients(text: str, cohort: Any) -> None:
    truth = dict(zip(cohort.labels.image_id, cohort.labels.findings["disc"], strict=True))
    known = [
        (float(r["score"]), int(truth[r["image_id"]])) for r in rows_of(text) if truth[r["image_id"]] >= 0
    ]
    values, labels = np.array(known).T
    assert auroc(values, labels.astype(np.int64)) > 0.9


def test_prediction_against_itself(text: str, trained: Any, cohort: Any, progress: Any) -> None:
    again = predict(trained.folder, cohort.studies, cohort.images, device="cpu", progress=progress)
    assert sha256_bytes(again.encode()) == sha256_bytes(text.encode())


def test_all_images_are_scored_where_no_split_is_stated(trained: Any, cohort: Any, progress: Any) -> None:
    studies = replace(cohort.studies, split=None)
    rows = rows_of(predict(trained.folder, studies, cohort.images, device="cpu", progress=progress))
    assert [row["image_id"] for row in rows] == list(studies.image_id)


def test_score_does_not_depend_on_the_batch(trained: Any, cohort: Any) -> None:
    model, _ = load(trained.folder)
    pictures = np.stack(
        [fitted(read_picture(p).pixels, 32) for p in sorted((cohort.folder / "images").iterdir())]
    )
    together = scores(model, pictures)
    assert len(pictures) > BATCH
    np.testing.assert_array_equal(scores(model, pictures[::-1])[::-1], together)
    np.testing.assert_array_equal([scores(model, picture[None])[0] for picture in pictures], together)


def test_score_is_the_sigmoid_of_the_logit_by_hand() -> None:
    class Logits:
        def predict_on_batch(self, batch: np.ndarray) -> np.ndarray:
            return batch[:, 0, 0, :] - 100.0

    values = [0, 98, 99, 100, 102, 255]  # logits -100, -2, -1, 0, 2, 155
    pixels = np.array(values, np.uint8)[:, None, None]
    expected = [0.0, 0.119203, 0.268941, 0.5, 0.880797, 1.0]
    assert scores(Logits(), pixels).tolist() == expected


@pytest.fixture
def broken(cohort: Any, tmp_path: Path) -> ImageFolder:
    folder = Path(shutil.copytree(cohort.folder, tmp_path / "copy"))
    whole = (folder / "images" / "d-002-0.png").read_bytes()
    (folder / "images" / "d-002-0.png").write_bytes(whole[:200])
    (folder / "images" / "d-002-1.png").write_bytes(b"<html>Not found</html>")
    (folder / "images" / "d-005-0.png").unlink()
    return ImageFolder(folder, search=False)


def test_unreadable_images_are_failed_and_the_others_are_unchanged(
    text: str, trained: Any, cohort: Any, broken: ImageFolder, progress: Any
) -> None:
    rows = rows_of(predict(trained.folder, cohort.studies, broken, device="cpu", progress=progress))
    failed = {row["image_id"]: (row["score"], row["reason"]) for row in rows if row["status"] == "failed"}
    assert failed == {
        "d-002-0": ("", "is cut short: the file ends inside its pixel data or header"),
        "d-002-1": ("", "is neither PNG nor JPEG (it begins with b'<html>Not')"),
        "d-005-0": ("", "there is no file 'images/d-005-0.png' beside the studies table"),
    }
    unharmed = [row for row in rows if row["status"] == "ok"]
    assert unharmed == [row for row in rows_of(text) if row["image_id"] not in failed]


def test_wrong_images_folder_is_refused(trained: Any, cohort: Any, progress: Any, tmp_path: Path) -> None:
    with pytest.raises(
        BadInputError, match=r"not one of the 40 images can be read, so this may be the wrong folder"
    ):
        predict(
            trained.folder,
            cohort.studies,
            ImageFolder(tmp_path, search=True),
            device="cpu",
            progress=progress,
        )


def test_studies_without_test_images_are_refused(trained: Any, cohort: Any, progress: Any) -> None:
    studies = replace(cohort.studies, split=("train",) * len(cohort.studies))
    with pytest.raises(BadInputError, match="no image is marked test"):
        predict(trained.folder, studies, cohort.images, device="cpu", progress=progress)
