"""Analysed images that trained or tuned the device: counted, and refused in a confirmatory study."""

from pathlib import Path

import pytest

from protocols.errors import BadInputError
from protocols.images.hashes import ImageRecord, Inventory, Like, read_inventory
from protocols.images.perceptual_hash import BITS
from protocols.progress import silent
from protocols.schema.load import parse_protocol
from tests.conftest import PROTOCOL
from tests.conftest import Study as Files
from validation.cohort.inputs import InputFiles
from validation.result_notices import cautions_of
from validation.results.results import Results, results_from_json
from validation.results.secondary import Leakage, NearDuplicate
from validation.run import validate

RECORD = ImageRecord(10, 20, "a" * 64, "b" * 64, "0" * ((BITS + 1) // 4))


def results_of(study: Files, likes: dict[str, Like] | None, stage: str = "exploratory") -> Results:
    protocol = PROTOCOL.replace('title = "A small study"', f'title = "A small study"\nstage = "{stage}"')
    images = None
    if likes is not None:
        images = study.folder / "images.csv"
        names = ("i000", "i001", "i002", "i003", "elsewhere")
        Inventory(dict.fromkeys(names, RECORD), likes).write(images)
    files = InputFiles(study.studies, study.reads, study.predictions, images=images)
    return validate(parse_protocol(protocol.encode(), source="p.toml"), files, silent).results


LIKES = {
    "i000": Like("t1", "identical"),
    "i001": Like("t2", "near"),
    "i003": Like("t2", "near"),
    "elsewhere": Like("t3", "identical"),
}


def test_analysed_images_are_counted_by_hand(study: Files) -> None:
    results = results_of(study, LIKES)
    assert results.leakage == Leakage(
        compared=4,
        identical=1,
        near=2,
        patients=2,  # i000 and i001 are of one patient, i003 of another
        pictures=(
            NearDuplicate("i000", "t1", "identical"),
            NearDuplicate("i001", "t2", "near"),
            NearDuplicate("i003", "t2", "near"),
        ),
    )
    assert results.cautions[0].about == "leakage"
    assert results_from_json(results.to_json().encode(), source="r") == results


@pytest.mark.parametrize("likes", [None, {}, {"elsewhere": Like("t", "identical")}])
def test_nothing_seen_before_is_no_caution_by_hand(study: Files, likes: dict[str, Like] | None) -> None:
    results = results_of(study, likes, stage="confirmatory")
    assert results.leakage == (None if likes is None else Leakage(4, 0, 0, 0, ()))
    assert "leakage" not in [caution.about for caution in results.cautions]


def test_a_confirmatory_study_is_refused_by_hand(study: Files) -> None:
    with pytest.raises(BadInputError, match=r"3 analysed images .* \(the first: 'i000' is like 't1'\)"):
        results_of(study, LIKES, stage="confirmatory")


def test_the_caution_has_its_numbers_by_hand() -> None:
    (caution,) = cautions_of([], [], Leakage(40, 1, 0, 1, (NearDuplicate("a", "b", "identical"),)), 1)
    assert caution.text.startswith("1 of the 40 analysed pictures") and "1 identical, 0 near" in caution.text


def test_a_table_that_is_none_is_refused(study: Files) -> None:
    path = Path(study.folder / "images.csv")
    path.write_text("image_id,rows\na,1\n")
    with pytest.raises(BadInputError, match="column 'columns' is missing"):
        read_inventory(path)
