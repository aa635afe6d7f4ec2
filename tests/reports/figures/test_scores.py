"""Scores by truth: the bins by hand, what lies beyond them, and where there is nothing to show."""

import numpy as np

from reports.figures.canvas import Drawing, house_style
from reports.figures.scores import score_figure
from reports.language.vocabulary import Words
from reports.run_files.line_listing import Scores

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset())


def drawn(positive: list[float], negative: list[float], threshold: float) -> Drawing:
    with house_style():
        made = score_figure(Scores(np.array(positive), np.array(negative)), threshold, WORDS)
    assert made is not None
    return made


def test_bins_by_hand() -> None:
    # logits -1, 0 and 1 with bins of a quarter: eight bins from -1 to 1
    made = drawn([0.5, 0.7310585786], [0.2689414214], 0.5)
    rows = made.data.rows
    assert len(rows) == 8
    assert rows[0] == ("0.268941", "0.320821", "0", "1")
    assert rows[4][2:] == ("1", "0") and rows[-1][1:] == ("0.731059", "1", "0")


def test_what_lies_beyond_counts_in_the_outer_bins() -> None:
    made = drawn([1.0, 1.0], [0.0, 0.5], 0.5)
    assert made.data.rows[0][3] == "1" and made.data.rows[-1][2] == "2"
    assert sum(int(row[2]) for row in made.data.rows) == 2
    assert sum(int(row[3]) for row in made.data.rows) == 2


def test_nothing_without_scores() -> None:
    assert score_figure(Scores(np.array([]), np.array([])), 0.5, WORDS) is None
