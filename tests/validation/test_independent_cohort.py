"""The second implementation's rules of reference, units and outcomes, by hand from the contract."""

import pytest

from validation.independent_cohort import Image, Unit, age, consensus, outcome, units

WORDS = {"+": "positive", "-": "negative", "?": "indeterminate"}


@pytest.mark.parametrize(
    ("rule", "votes", "verdict"),
    [
        ("majority", "++-", "+"),
        ("majority", "+-", "?"),
        ("majority", "++??", "?"),  # of all reads, not of the determinate ones
        ("unanimous", "--", "-"),
        ("unanimous", "++?", "?"),
        ("unanimous", "??", "?"),
        ("any", "--+", "+"),
        ("any", "--", "-"),
        ("any", "-?", "?"),
        ("at_least:2", "++-", "+"),
        ("at_least:2", "+?-", "?"),  # the indeterminate one could make two
        ("at_least:2", "+--", "-"),
        ("at_least:2", "-", "?"),  # fewer than two reads
        ("adjudicated:R0", "-++", "+"),  # agreement needs no adjudicator
        ("adjudicated:R0", "-+-", "-"),
        ("adjudicated:R0", "+??", "+"),  # agreement on indeterminate is none
        ("adjudicated:R9", "+-", "?"),  # no adjudicator
    ],
)
def test_consensus_by_hand(rule: str, votes: str, verdict: str) -> None:
    assert consensus(rule, {f"R{reader}": WORDS[vote] for reader, vote in enumerate(votes)}) == WORDS[verdict]


@pytest.mark.parametrize(
    ("reference", "called", "expected"),
    [
        ("+", True, "tp"),
        ("+", False, "fn"),
        ("+", None, "fn"),
        ("-", True, "fp"),
        ("-", False, "tn"),
        ("-", None, "fp"),
        ("?", True, "fp"),
        ("?", False, "fn"),
        ("?", None, "fn"),  # both at once
    ],
)
def test_worst_case_by_hand(reference: str, called: bool | None, expected: str) -> None:
    assert outcome(Unit("p", WORDS[reference], called, None)) == expected


@pytest.mark.parametrize(
    ("images", "reference", "called", "score"),
    [
        ([("+", 0.2), ("-", 0.9)], "+", True, 0.9),
        ([("?", 0.2), ("-", 0.1)], "?", False, 0.2),
        ([("-", None), ("-", 0.7)], "-", True, 0.7),
        ([("-", None), ("-", 0.3)], "-", None, None),  # what it would have been called is not known
    ],
)
def test_a_patient_as_one_unit_by_hand(
    images: list[tuple[str, float | None]], reference: str, called: bool | None, score: float | None
) -> None:
    own = [Image(f"i{k}", "p", "test", WORDS[truth], score, {}) for k, (truth, score) in enumerate(images)]
    assert units(own, "patient", 0.5) == [Unit("p", WORDS[reference], called, score)]
    assert len(units(own, "image", 0.5)) == 2


@pytest.mark.parametrize(
    ("cell", "years"),
    [("44.9", 44.9), ("0", 0.0), ("120", 120.0), ("121", None), ("-1", None), ("062Y", None), ("", None)],
)
def test_age_by_hand(cell: str, years: float | None) -> None:
    assert age(cell) == years
