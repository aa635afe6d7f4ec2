"""The perturbation set on a small device: the device's own scores, item by item, in any batch."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.artifact.model_folder import load
from model.data.pack.pack import fitted
from model.inference.perturbations import inversion
from model.inference.perturbed_scores import BATTERY, battery_scores, perturbed_scores
from model.inference.predict import BATCH, predict, scores
from protocols.errors import BadInputError
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder
from protocols.progress import silent
from protocols.storage.canonical import write_text
from protocols.tables.perturbation_scores import PerturbationScores
from tests.records import changed


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def scored(trained: Any, cohort: Any, work: Path) -> PerturbationScores:
    return perturbed_scores(
        trained.folder, cohort.studies, cohort.images, work=work, device="cpu", progress=silent
    )


def of(scored: PerturbationScores, item: str) -> np.ndarray:
    return scored.score[[one.id for one in scored.items].index(item)]


def test_unchanged_images_have_the_predicted_scores(
    scored: PerturbationScores, trained: Any, cohort: Any, work: Path
) -> None:
    predicted = predict(
        trained.folder, cohort.studies, cohort.images, work=work, device="cpu", progress=silent
    )
    told = [line.split(",") for line in predicted.predictions.splitlines()[1:]]
    assert [image for image, *_ in told] == list(scored.image_id)
    assert [f"{score:.6f}" for score in of(scored, "unchanged")] == [score for _, score, *_ in told]
    np.testing.assert_array_equal(of(scored, "repeated"), of(scored, "unchanged"))


def test_inverted_images_have_the_scores_of_inverted_files(
    scored: PerturbationScores, trained: Any, cohort: Any
) -> None:
    files = [cohort.folder / "images" / f"{image}.png" for image in scored.image_id]
    pictures = np.stack([inversion(fitted(read_image(file).pixels, 32), 0) for file in files])
    np.testing.assert_array_equal(of(scored, "inversion"), scores(load(trained.folder), pictures))


def test_no_image_has_one_score(scored: PerturbationScores) -> None:
    assert len(np.unique(of(scored, "flat"))) == 1


def test_perturbation_set_against_itself(
    scored: PerturbationScores, trained: Any, cohort: Any, work: Path
) -> None:
    again = perturbed_scores(
        trained.folder, cohort.studies, cohort.images, work=work, device="cpu", progress=silent
    )
    assert (again.scores_csv(), again.items_csv()) == (scored.scores_csv(), scored.items_csv())


def test_images_out_of_scope_are_left_out_and_no_score_is_another(
    scored: PerturbationScores, trained: Any, cohort: Any, tmp_path: Path
) -> None:
    """One lateral view: the others keep their scores (but for noise, which is by the position among those left)."""
    first = cohort.studies.image_id.index(scored.image_id[0])
    view = tuple("LATERAL" if row == first else view for row, view in enumerate(cohort.studies.view))
    fewer = perturbed_scores(
        trained.folder,
        changed(cohort.studies, view=view),
        cohort.images,
        work=tmp_path,
        device="cpu",
        progress=silent,
    )
    assert fewer.image_id == scored.image_id[1:]
    for item in ("unchanged", "rotation_left_5", "lungs_masked"):
        np.testing.assert_array_equal(of(fewer, item), of(scored, item)[1:])


def test_nothing_in_scope_is_refused(trained: Any, cohort: Any, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    shutil.copytree(cohort.folder / "images", folder)
    for file in folder.iterdir():
        write_text(file, "no picture")
    with pytest.raises(BadInputError, match="none of the 40 test images can be scored"):
        perturbed_scores(
            trained.folder,
            cohort.studies,
            ImageFolder(tmp_path, search=False),
            work=tmp_path / "work",
            device="cpu",
            progress=silent,
        )


def test_every_image_is_scored_once_per_item_in_batches_by_hand() -> None:
    """A device whose score is the mean grey level: which rows, in which order, and never more than a batch."""
    pixels = np.random.default_rng(1).integers(0, 256, (BATCH + 9, 8, 8), dtype=np.uint8)
    rows = np.arange(len(pixels))[::-1][:-3].astype(np.int64)
    sizes: list[int] = []

    def mean(pictures: np.ndarray) -> np.ndarray:
        sizes.append(len(pictures))
        return pictures.mean(axis=(1, 2)) / 255

    progress: list[tuple[int, int]] = []
    tell: Callable[..., None] = lambda stage, done, total, note="": progress.append((done, total))  # noqa: E731
    found = battery_scores(mean, pixels, rows, [f"i{row}" for row in rows], tell)
    assert sizes == [BATCH] * (2 + len(BATTERY)) + [6] * (2 + len(BATTERY))
    assert progress == [(BATCH, BATCH + 6), (BATCH + 6, BATCH + 6)]
    assert found.image_id[0] == f"i{len(pixels) - 1}"
    for item in found.items[2:]:
        change = next(one.change for one in BATTERY if one.item.id == item.id)
        expected = [change(pixels[row], place).mean() / 255 for place, row in enumerate(rows)]
        np.testing.assert_allclose(of(found, item.id), expected, rtol=1e-12, err_msg=item.id)
