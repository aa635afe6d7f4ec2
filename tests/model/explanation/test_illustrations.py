"""Illustrations: the choice of images, by hand, and the files in the model folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.explanation.illustrations import OF_A_KIND, Case, cases, illustrate
from protocols.errors import BadInputError
from protocols.model_folder import ILLUSTRATION_COLUMNS, ILLUSTRATIONS
from protocols.storage.canonical import csv_text, write_text
from protocols.tables.boxes_and_marks import Boxes
from protocols.tables.reading import Table, read_table

HEADER = ("image_id", "patient_id", "reference", "score", "outcome")


def listing(*rows: str) -> Table:
    cells = zip(*(row.split(",") for row in rows), strict=True)
    return Table.of("line_listing.csv", dict(zip(HEADER, map(tuple, cells), strict=True)))


def test_the_worst_errors_and_middling_hits_by_hand() -> None:
    found = cases(
        listing(
            "a,p1,positive,0.4,FN",
            "b,p2,positive,0.1,FN",
            "c,p3,negative,0.6,FP",
            "d,p4,negative,0.9,FP",
            "e,p5,positive,0.99,TP",
            "f,p6,positive,0.8,TP",
            "g,p7,positive,0.55,TP",
            "h,p8,negative,0.2,TN",
        )
    )
    assert [case.image_id for case in found] == ["b", "a", "d", "c", "f", "e", "g"]
    assert found[0] == Case("b", "FN", "0.1")


def test_what_is_indeterminate_or_has_no_score_is_not_shown_by_hand() -> None:
    found = cases(
        listing("a,p1,indeterminate,0.1,FN", "b,p2,positive,,FN", "c,p3,indeterminate,0.9,FP", "d,p4,,,")
    )
    assert found == ()


def test_one_image_of_a_patient_and_no_more_than_have_room_by_hand() -> None:
    many = [f"i{number:02},p{number // 2},positive,0.{number:02},FN" for number in range(10, 40)]
    assert [case.image_id for case in cases(listing(*many))] == ["i10", "i12", "i14", "i16", "i18", "i20"]
    assert OF_A_KIND == 6


def test_of_equal_scores_the_smaller_image_id_by_hand() -> None:
    rows = ["b,p1,positive,0.1,FN", "a,p2,positive,0.1,FN", "d,p3,negative,0.9,FP", "c,p4,negative,0.9,FP"]
    assert [case.image_id for case in cases(listing(*rows))] == ["a", "b", "c", "d"]


def test_a_file_that_is_no_line_listing_is_refused_by_hand() -> None:
    with pytest.raises(BadInputError, match="column 'patient_id' is missing"):
        cases(Table.of("t.csv", {"image_id": ("a",)}))


def test_images_are_numbered_and_named_in_the_table_only_by_hand(
    trained: Any, cohort: Any, progress: Callable[..., None], tmp_path: Path
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for path in trained.folder.iterdir():
        (model / path.name).write_bytes(path.read_bytes())
    studies = cohort.studies
    test = [row for row, split in enumerate(studies.split) if split == "test"][:3]
    rows = [
        [studies.image_id[row], studies.patient_id[row], "positive", f"0.{order}", outcome]
        for order, (row, outcome) in enumerate(zip(test, ("TP", "FN", "TP"), strict=True), start=5)
    ]
    write_text(tmp_path / "listing.csv", csv_text(HEADER, rows))
    boxes = Boxes("t", (rows[1][0],) * 2, np.array([[0.1, 0.1, 0.5, 0.5], [0.2, 0.6, 0.1, 0.1]]))
    illustrate(
        model,
        studies,
        cohort.images,
        tmp_path / "listing.csv",
        boxes,
        work=tmp_path / "work",
        device="cpu",
        progress=progress,
    )
    table = read_table(model / ILLUSTRATIONS).columns
    assert tuple(table) == ILLUSTRATION_COLUMNS
    assert table["outcome"] == ("FN", "TP") + (() if rows[0][1] == rows[2][1] else ("TP",))
    assert table["image_id"][0] == rows[1][0]
    assert table["boxes"][:2] == ("2", "0")
    assert table["thumbnail"][:2] == ("thumbnails/01.png", "thumbnails/02.png")
    assert table["overlay"][:2] == ("saliency/01.png", "saliency/02.png")
    for name in (*table["thumbnail"], *table["overlay"]):
        with Image.open(model / name) as image:
            assert max(image.size) == 224
