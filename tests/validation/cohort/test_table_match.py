"""Tables of another cohort are refused before any score meets a reference; the likely cause is named."""

from collections.abc import Callable

import pytest

from protocols.errors import BadInputError
from protocols.schema.load import load_protocol
from tests.conftest import Study
from validation.cohort.inputs import InputFiles
from validation.run import validate

Rename = Callable[[str], str]


def looks(study: Study) -> int:
    """How often the test set was looked at, for a study that is refused or not."""
    seen: list[object] = []
    files = InputFiles(study.studies, study.reads, study.predictions)
    try:
        validate(load_protocol(study.protocol), files, lambda *_, **__: None, lambda *of: seen.append(of))
    except BadInputError as error:
        assert not seen, "the look came before the refusal"
        raise error
    return len(seen)


def renamed(study: Study, table: str, rename: Rename, *, rows: int) -> None:
    """Give the images of the first rows of a table other names."""
    path = {"reads": study.reads, "predictions": study.predictions}[table]
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    images = list(dict.fromkeys(line.partition(",")[0] for line in lines))[:rows]
    changed = [
        f"{rename(image)},{rest}" if image in images else f"{image},{rest}"
        for image, _, rest in (line.partition(",") for line in lines)
    ]
    path.write_text("\n".join([header, *changed]) + "\n", encoding="utf-8")


def test_one_look_at_a_study_that_fits(study: Study) -> None:
    assert looks(study) == 1


@pytest.mark.parametrize(
    ("rename", "cause"),
    [
        (lambda image: f"ACC{image}", "image ids there look like"),
        (str.upper, r"letter case \('I000' for 'i000'"),
        (lambda image: image.replace("i", "i0"), r"leading zeros \('i0000' for 'i000'"),
        (lambda image: f"img/{image}.png", r"\('img/i000.png' for 'i000'"),
        (lambda image: f"'{image}", "for 'i000'"),
    ],
)
@pytest.mark.parametrize(("table", "what"), [("reads", "a read"), ("predictions", "a score")])
def test_no_row_of_the_test_set_is_refused_by_hand(
    study: Study, table: str, what: str, rename: Rename, cause: str
) -> None:
    renamed(study, table, rename, rows=120)
    with pytest.raises(BadInputError, match=rf"{table}.csv: 0 of the 120 test images have {what}.*{cause}"):
        looks(study)


@pytest.mark.parametrize(("table", "what"), [("reads", "a read"), ("predictions", "a row in predictions")])
def test_fewer_than_half_is_refused_and_half_is_not_by_hand(study: Study, table: str, what: str) -> None:
    renamed(study, table, lambda image: f"x{image}", rows=60)
    assert looks(study) == 1
    renamed(study, table, lambda image: f"x{image}", rows=61)
    with pytest.raises(BadInputError, match=f"59 of the 120 test images.* have {what}"):
        looks(study)


def test_a_device_that_failed_states_it_with_a_status_by_hand(study: Study) -> None:
    header, *lines = study.predictions.read_text(encoding="utf-8").splitlines()
    rows = [
        f"{line},ok" if number < 20 else f"{line.partition(',')[0]},,failed"
        for number, line in enumerate(lines)
    ]
    study.predictions.write_text("\n".join([f"{header},status", *rows]) + "\n", encoding="utf-8")
    assert looks(study) == 1


def test_numbers_that_a_spreadsheet_wrote_with_an_exponent_are_named_by_hand(study: Study) -> None:
    for path in (study.studies, study.reads, study.predictions):
        path.write_text(path.read_text(encoding="utf-8").replace("\ni", "\n12345678"), encoding="utf-8")
    renamed(study, "predictions", lambda image: f"{int(image):.10E}", rows=120)
    with pytest.raises(BadInputError, match=r"scientific notation \('1.2345678000E\+10' for '12345678000'"):
        looks(study)
