"""Every rule of consensus on every pattern of votes that distinguishes it from the others, by hand."""

import pytest

from protocols.errors import BadInputError
from protocols.tables.records import Verdict
from tests.records import reads_of
from validation.readers.consensus import reference_verdicts, verdicts_by_image

WORDS = {"+": Verdict.POSITIVE, "-": Verdict.NEGATIVE, "?": Verdict.INDETERMINATE}

RULES = [
    # votes, rule, parameter, verdict
    ("++-", "majority", "", "+"),
    ("+--", "majority", "", "-"),
    ("+-", "majority", "", "?"),  # half is not more than half
    ("+?-", "majority", "", "?"),
    ("++??", "majority", "", "?"),  # of all reads, not of the determinate ones
    ("??+", "majority", "", "?"),
    ("+", "majority", "", "+"),
    ("+++", "unanimous", "", "+"),
    ("---", "unanimous", "", "-"),
    ("++-", "unanimous", "", "?"),
    ("++?", "unanimous", "", "?"),
    ("-+-", "any", "", "+"),
    ("---", "any", "", "-"),
    ("--?", "any", "", "?"),
    ("?+?", "any", "", "+"),
    ("++-", "at_least", "2", "+"),
    ("+--", "at_least", "2", "-"),
    ("+?-", "at_least", "2", "?"),  # the indeterminate one could make two
    ("+", "at_least", "2", "?"),  # fewer than two reads
    ("?--", "at_least", "2", "-"),
    ("??-", "at_least", "2", "?"),
]

ADJUDICATED = [
    # the others, the adjudicator (or none), verdict
    ("++", "-", "+"),  # agreement needs no adjudicator
    ("+-", "-", "-"),
    ("+-", "", "?"),  # no adjudicator
    ("??", "+", "+"),  # agreement on indeterminate is none
    ("+?", "?", "?"),
    ("", "+", "+"),  # the adjudicator alone
]


def verdict_of(votes: dict[str, str], rule: str) -> str:
    reads = reads_of("reads.csv", ["a"] * len(votes), list(votes), [WORDS[vote] for vote in votes.values()])
    (verdict,) = verdicts_by_image(reads, rule).values()
    return next(sign for sign, word in WORDS.items() if word == verdict)


@pytest.mark.parametrize(("votes", "rule", "parameter", "verdict"), RULES)
def test_rule_by_hand(votes: str, rule: str, parameter: str, verdict: str) -> None:
    assert (
        verdict_of({f"R{number}": vote for number, vote in enumerate(votes)}, f"{rule}:{parameter}")
        == verdict
    )


@pytest.mark.parametrize(("others", "adjudicator", "verdict"), ADJUDICATED)
def test_adjudication_by_hand(others: str, adjudicator: str, verdict: str) -> None:
    votes = {f"R{number}": vote for number, vote in enumerate(others)}
    if adjudicator:
        votes["ADJ"] = adjudicator
    assert verdict_of(votes, "adjudicated:ADJ") == verdict


def test_order_of_reads_changes_nothing_against_itself() -> None:
    reads = reads_of("reads.csv", ("a", "a", "a"), ("1", "2", "3"), (WORDS["+"], WORDS["-"], WORDS["?"]))
    turned = reads_of("reads.csv", ("a", "a", "a"), ("3", "1", "2"), (WORDS["?"], WORDS["+"], WORDS["-"]))
    assert reference_verdicts(reads, "majority") == reference_verdicts(turned, "majority")


def test_an_adjudicator_who_read_nothing_is_refused() -> None:
    reads = reads_of("reads.csv", ("a",), ("R1",), (Verdict.POSITIVE,))
    with pytest.raises(BadInputError, match="names an adjudicator who read nothing; readers there are R1"):
        reference_verdicts(reads, "adjudicated:ADJ")
