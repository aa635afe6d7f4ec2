"""The two tables of the perturbation set: their form, a round trip, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import BadInputError
from protocols.storage.canonical import write_text
from protocols.tables.perturbation_scores import (
    PerturbationFolder,
    PerturbationItem,
    PerturbationScores,
    largest_distance,
)

ITEMS = (
    PerturbationItem("unchanged", "repeat", "", "unchanged", "As it is."),
    PerturbationItem("repeated", "repeat", "", "again", "As it is, once more."),
    PerturbationItem(
        "lungs_masked", "shortcut", "lungs", "lungs masked", "Lungs, the ellipses, are blanked."
    ),
)
SCORES = PerturbationScores(ITEMS, ("a", "b,c"), np.array([[0.25, 0.5], [0.25, 0.5], [0.125, np.nan]]))
SCORES_CSV = """image_id,perturbation,score
a,unchanged,0.250000
"b,c",unchanged,0.500000
a,repeated,0.250000
"b,c",repeated,0.500000
a,lungs_masked,0.125000
"b,c",lungs_masked,
"""


def written(folder: Path, scores: PerturbationScores = SCORES) -> PerturbationFolder:
    made = PerturbationFolder(folder)
    write_text(made.items, scores.items_csv())
    write_text(made.scores, scores.scores_csv())
    return made


def same(one: PerturbationScores, other: PerturbationScores) -> bool:
    alike = one.items == other.items and one.image_id == other.image_id
    return alike and np.array_equal(one.score, other.score, equal_nan=True)


def test_tables_by_hand(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert folder.scores.read_text(encoding="utf-8") == SCORES_CSV
    assert (
        folder.items.read_text(encoding="utf-8").splitlines()[3]
        == 'lungs_masked,shortcut,lungs,lungs masked,"Lungs, the ellipses, are blanked."'
    )


@given(
    names=st.lists(st.text(min_size=1).filter(str.isprintable), min_size=1, max_size=4, unique=True),
    data=st.data(),
)
@settings(max_examples=25)
def test_scores_round_trip(
    names: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    millionths = st.one_of(st.integers(0, 10**6).map(lambda number: number / 10**6), st.just(float("nan")))
    row = st.lists(millionths, min_size=len(names), max_size=len(names))
    score = np.array(data.draw(st.lists(row, min_size=3, max_size=3)))
    made = PerturbationScores(ITEMS, tuple(names), score)
    assert same(written(tmp_path_factory.mktemp("battery"), made).read(), made)


@pytest.mark.parametrize(
    ("table", "old", "new", "words"),
    [
        ("scores", "image_id,", "image,", "must have the columns image_id, perturbation, score"),
        ("scores", "a,repeated,0.250000\n", "", "must contain every image once"),
        ("scores", "a,repeated", "z,repeated", "must contain every image once"),
        ("scores", "0.125000", "1.125000", "a score is '1.125000'"),
        ("scores", "0.125000", "nan", "a score is 'nan'"),
        ("scores", "0.125000", "much", "a score is 'much'"),
        ("scores", SCORES_CSV, "", "is not a table as `robustness` writes it"),
        ("scores", SCORES_CSV, "image_id,perturbation,score\n", "must contain every image once"),
        ("items", "unchanged,repeat", "untouched,repeat", "must begin with 'unchanged' and 'repeated'"),
        ("items", "lungs_masked,", "repeated,", "name each perturbation once"),
        ("items", ",shortcut,", ",trick,", "has family 'trick'"),
        ("items", ",lungs,lungs", ",heart,lungs", "withholds 'heart'"),
    ],
)
def test_tables_that_are_refused(table: str, old: str, new: str, words: str, tmp_path: Path) -> None:
    folder = written(tmp_path)
    path = folder.scores if table == "scores" else folder.items
    text = path.read_text(encoding="utf-8")
    assert old in text
    write_text(path, text.replace(old, new, 1))
    with pytest.raises(BadInputError, match=words):
        folder.read()


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    folder.items.unlink()
    with pytest.raises(BadInputError, match="run `robustness` on the run folder"):
        folder.read()


def test_largest_distance_by_hand() -> None:
    change = np.array([[0.0, 0.0], [0.0, -1e-5], [3e-6, 0.0]])
    moved = PerturbationScores(ITEMS, SCORES.image_id, SCORES.score + change)
    assert largest_distance(SCORES, SCORES) == 0
    assert largest_distance(SCORES, moved) == 1e-5


def test_other_images_items_or_missing_scores_have_no_distance() -> None:
    others = PerturbationScores(ITEMS, ("a", "c"), SCORES.score)
    fewer = PerturbationScores(ITEMS[:2], SCORES.image_id, SCORES.score[:2])
    whole = PerturbationScores(ITEMS, SCORES.image_id, np.nan_to_num(SCORES.score))
    assert {largest_distance(SCORES, other) for other in (others, fewer, whole)} == {None}
