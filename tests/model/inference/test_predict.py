"""Predictions: right, in the order of the studies, the same in any company, and honest about failures."""

import csv
import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from model.artifact.model_folder import LoadedModel, load
from model.data.pack.pack import fitted
from model.inference.predict import BATCH, Predicted, predict, scores
from model.training.tuning_auroc import auroc
from protocols.errors import BadInputError
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder
from protocols.tables.checks import predictions_from, studies_from
from protocols.tables.reading import Table, read_table
from tests.protocols.cohorts.dicom_files import dicom_bytes
from tests.records import changed


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def predicted(trained: Any, cohort: Any, progress: Any, work: Path) -> Predicted:
    return predict(trained.folder, cohort.studies, cohort.images, work=work, device="cpu", progress=progress)


@pytest.fixture(scope="module")
def text(predicted: Predicted) -> str:
    return predicted.predictions


def test_one_row_a_test_image_in_the_order_of_the_studies(text: str, cohort: Any) -> None:
    studies = cohort.studies
    expected = [i for i, split in zip(studies.image_id, studies.split, strict=True) if split == "test"]
    assert [row["image_id"] for row in rows_of(text)] == expected


def test_table_is_one_that_the_suite_reads(text: str) -> None:
    rows = rows_of(text)
    assert text.startswith("image_id,score,status,reason\n")
    table = Table.of("p", {name: tuple(row[name] for row in rows) for name in rows[0]})
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


def test_prediction_against_itself(
    predicted: Predicted, trained: Any, cohort: Any, progress: Any, tmp_path: Path
) -> None:
    """The first time from a fresh folder, the second from its pack."""
    for _ in range(2):
        again = predict(
            trained.folder, cohort.studies, cohort.images, work=tmp_path, device="cpu", progress=progress
        )
        assert again == predicted


def test_all_images_are_scored_where_no_split_is_stated(
    trained: Any, cohort: Any, progress: Any, work: Path
) -> None:
    studies = replace(cohort.studies, frame=cohort.studies.frame.drop(columns="split"))
    predicted = predict(trained.folder, studies, cohort.images, work=work, device="cpu", progress=progress)
    assert [row["image_id"] for row in rows_of(predicted.predictions)] == list(studies.image_id)
    assert predicted.summary == "120 images scored, 0 out of scope, 0 failed"
    # The images that trained or tuned the device are found among these; no test image is.
    likes = {row["image_id"]: (row["like"], row["like_kind"]) for row in rows_of(predicted.images)}
    learnt = {row["image_id"] for row in rows_of((trained.folder / "images.csv").read_text())}
    assert {name for name, like in likes.items() if like == (name, "identical")} == learnt


def test_score_does_not_depend_on_the_batch(trained: Any, cohort: Any) -> None:
    model = load(trained.folder)
    pictures = np.stack(
        [fitted(read_image(p).pixels, 32) for p in sorted((cohort.folder / "images").iterdir())]
    )
    together = scores(model, pictures)
    assert len(pictures) > BATCH
    np.testing.assert_array_equal(scores(model, pictures[::-1])[::-1], together)
    np.testing.assert_array_equal([scores(model, picture[None])[0] for picture in pictures], together)


class Logits:
    """A network whose outputs are the grey value of the first pixel less 100, and twice that."""

    output_shape = (None, 2)

    def predict_on_batch(self, batch: np.ndarray) -> np.ndarray:
        return (batch[:, 0, 0, :] - 100.0) * np.array([1.0, 2.0], np.float32)


def device(
    trained: Any, *, heads: tuple[str, ...], label: str, slope: float, intercept: float
) -> LoadedModel:
    values = {"slope": slope, "intercept": intercept}
    training = trained.plan.training.model_copy(update={"heads": heads, "label": label})
    calibration = trained.operating_point.calibration.model_copy(update=values)
    return LoadedModel(Logits(), trained.plan.model_copy(update={"training": training}), calibration)


VALUES = [0, 98, 99, 100, 102, 255]  # logits -100, -2, -1, 0, 2, 155
PIXELS = np.array(VALUES, np.uint8)[:, None, None]


def test_score_is_the_sigmoid_of_the_logit_by_hand(trained: Any) -> None:
    first = device(trained, heads=("a", "b"), label="a", slope=1.0, intercept=0.0)
    assert scores(first, PIXELS).tolist() == [0.0, 0.119203, 0.268941, 0.5, 0.880797, 1.0]
    assert scores(first, PIXELS, rows=np.array([4, 1])).tolist() == [0.880797, 0.119203]


def test_score_is_of_the_primary_head_and_calibrated_by_hand(trained: Any) -> None:
    second = device(trained, heads=("a", "b"), label="b", slope=0.5, intercept=1.0)
    # 0.5 * 2 * logit + 1: -99, -1, 0, 1, 3, 156
    assert scores(second, PIXELS).tolist() == [0.0, 0.268941, 0.5, 0.731059, 0.952574, 1.0]


@pytest.fixture
def broken(cohort: Any, tmp_path: Path) -> ImageFolder:
    folder = Path(shutil.copytree(cohort.folder, tmp_path / "copy"))
    whole = (folder / "images" / "d-002-0.png").read_bytes()
    (folder / "images" / "d-002-0.png").write_bytes(whole[:200])
    (folder / "images" / "d-002-1.png").write_bytes(b"<html>Not found</html>")
    (folder / "images" / "d-005-0.png").unlink()
    return ImageFolder(folder, search=False)


def test_unreadable_images_are_failed_and_the_others_are_unchanged(
    text: str, trained: Any, cohort: Any, broken: ImageFolder, progress: Any, work: Path
) -> None:
    predicted = predict(trained.folder, cohort.studies, broken, work=work, device="cpu", progress=progress)
    rows = rows_of(predicted.predictions)
    assert predicted.summary == "37 images scored, 0 out of scope, 3 failed"
    assert len(rows_of(predicted.images)) == 37
    failed = {row["image_id"]: (row["score"], row["reason"]) for row in rows if row["status"] == "failed"}
    assert failed == {
        "d-002-0": ("", "is cut short: the file ends inside its pixel data or header"),
        "d-002-1": ("", "is neither PNG, JPEG nor DICOM (it begins with b'<html>Not')"),
        "d-005-0": ("", "there is no file 'images/d-005-0.png' beside the studies table"),
    }
    unharmed = [row for row in rows if row["status"] == "ok"]
    assert unharmed == [row for row in rows_of(text) if row["image_id"] not in failed]


def test_wrong_images_folder_is_refused(trained: Any, cohort: Any, progress: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"none of the 40 images can be scored; check --images"):
        predict(
            trained.folder,
            cohort.studies,
            ImageFolder(tmp_path, search=True),
            work=tmp_path / "work",
            device="cpu",
            progress=progress,
        )


def test_studies_without_test_images_are_refused(
    trained: Any, cohort: Any, progress: Any, tmp_path: Path
) -> None:
    studies = changed(cohort.studies, split=("train",) * len(cohort.studies))
    with pytest.raises(BadInputError, match="no image is marked test"):
        predict(trained.folder, studies, cohort.images, work=tmp_path, device="cpu", progress=progress)


def test_images_outside_the_gate_get_a_reason_and_no_score(
    text: str, trained: Any, cohort: Any, progress: Any, tmp_path: Path
) -> None:
    lateral = tuple("LATERAL" if name in ("d-002-0", "d-005-1") else "PA" for name in cohort.studies.image_id)
    studies = changed(cohort.studies, view=lateral)
    predicted = predict(
        trained.folder, studies, cohort.images, work=tmp_path, device="cpu", progress=progress
    )
    rows = rows_of(predicted.predictions)
    refused = {row["image_id"]: (row["status"], row["score"]) for row in rows if row["status"] != "ok"}
    assert refused == {"d-002-0": ("out_of_scope", ""), "d-005-1": ("out_of_scope", "")}
    assert all("LATERAL" in row["reason"] for row in rows if row["status"] != "ok")
    assert [row for row in rows if row["status"] == "ok"] == [
        row for row in rows_of(text) if row["image_id"] not in refused
    ]


def test_nothing_within_the_gate_is_refused(trained: Any, cohort: Any, progress: Any, tmp_path: Path) -> None:
    studies = changed(cohort.studies, view=("LATERAL",) * len(cohort.studies))
    with pytest.raises(
        BadInputError,
        match=r"all 40 images are outside the device's input gate; check --images. First refusal: 'd-002-0'",
    ):
        predict(trained.folder, studies, cohort.images, work=tmp_path, device="cpu", progress=progress)


def test_model_without_its_images_is_refused(
    trained: Any, cohort: Any, progress: Any, work: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(trained.folder, tmp_path / "model"))
    (folder / "images.csv").unlink()
    with pytest.raises(BadInputError, match=r"images\.csv"):
        predict(folder, cohort.studies, cohort.images, work=work, device="cpu", progress=progress)


def test_a_negative_that_states_it_has_the_same_score(
    trained: Any, progress: Any, shared_data: Path, tmp_path: Path
) -> None:
    """A real radiograph, its compressed bytes marked MONOCHROME1, and its inverted pixels marked MONOCHROME1."""
    given = {path.stem: path for path in (shared_data / "dicom").glob("*.dcm")}
    real = next(path for name, path in given.items() if name.startswith("1.2.276"))
    dataset = pydicom.dcmread(real)
    dataset.decompress(decoding_plugin="pillow")
    dataset.PixelData = (255 - dataset.pixel_array).tobytes()
    dataset.PhotometricInterpretation = "MONOCHROME1"
    names = {"real": real.read_bytes(), "relabelled": given["Fake_MONOHR1"].read_bytes()}
    names["inverted"] = dicom_bytes(dataset)
    for name, content in names.items():
        (tmp_path / f"{name}.dcm").write_bytes(content)
    rows = "".join(f"{name},p,50,F,PA,{name}.dcm\n" for name in names)
    studies = tmp_path / "studies.csv"
    studies.write_text("image_id,patient_id,age_years,sex,view,image_path\n" + rows)
    text = predict(
        trained.folder,
        studies_from(read_table(studies)),
        ImageFolder(tmp_path, search=False),
        work=tmp_path / "work",
        device="cpu",
        progress=progress,
    ).predictions
    scores = {row["image_id"]: row["score"] for row in rows_of(text)}
    assert scores["inverted"] == scores["real"] != scores["relabelled"]
