"""The four counts as a picture: counts, totals and shares by hand, in both vocabularies."""

import pytest

from reports.content.two_by_two import TwoByTwoTable
from reports.figures.canvas import house_style
from reports.figures.two_by_two import confusion_figure
from reports.language.vocabulary import Words


@pytest.mark.parametrize(("agreement", "word"), [(False, "true positive"), (True, "both positive")])
def test_counts_and_shares_by_hand(agreement: bool, word: str) -> None:
    words = Words(agreement=agreement, unit="image", numeric_axes=frozenset())
    with house_style():
        made = confusion_figure(TwoByTwoTable(tp=30, fp=40, fn=10, tn=160), words)
    texts = [label.text for label in made.labels]
    assert {"30", "75.0\u00a0%", "40", "20.0\u00a0%", "10", "25.0\u00a0%", "160", "80.0\u00a0%", word} <= set(
        texts
    )
    assert {"n = 40", "n = 200", "n = 70", "n = 170"} <= set(texts)
    assert made.data.rows[0] == ("TP", "30", "40", "0.75")


def test_an_empty_class_has_counts_and_no_share() -> None:
    with house_style():
        made = confusion_figure(TwoByTwoTable(tp=0, fp=1, fn=0, tn=3), Words(False, "image", frozenset()))
    assert sum("%" in label.text for label in made.labels) == 2
