"""The second implementation's rules of reference, units, outcomes and rows used, by hand from the contract."""

from collections import Counter

import pytest

from protocols.schema.load import parse_protocol
from tests.conftest import PROTOCOL_HEAD
from validation.independent.cohort import Image, Recounted, Unit, account, consensus, outcome, units
from validation.independent.tables import Rows

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
    assert outcome(Unit("p", WORDS[reference], called, None, whole=called is not None)) == expected


@pytest.mark.parametrize(
    ("images", "reference", "called", "score", "whole"),
    [
        ([("+", 0.2), ("-", 0.9)], "+", True, 0.9, True),
        ([("?", 0.2), ("-", 0.1)], "?", False, 0.2, True),
        ([("-", None), ("-", 0.7)], "-", True, 0.7, False),
        ([("-", None), ("-", 0.3)], "-", None, None, False),  # its test result is not known
    ],
)
def test_a_patient_as_one_unit_by_hand(
    images: list[tuple[str, float | None]],
    reference: str,
    called: bool | None,
    score: float | None,
    whole: bool,
) -> None:
    own = [Image(f"i{k}", "p", "test", WORDS[truth], score, {}) for k, (truth, score) in enumerate(images)]
    assert units(own, "patient", 0.5) == [Unit("p", WORDS[reference], called, score, whole)]
    assert len(units(own, "image", 0.5)) == 2


STUDIES = [
    Image(name, "p", split, reference, score, {"image_id": name})
    for name, split, reference, score in [
        ("used", "test", "positive", 0.5),
        ("missing", "test", "positive", None),
        ("vague", "test", "indeterminate", None),  # leaves at its first step
        ("unread", "test", None, 0.5),
        ("tuned", "tune", "positive", 0.5),
    ]
]


@pytest.mark.parametrize(
    ("rule", "studies", "reads"),
    [
        ("worst_case", (3, {}), (4, {})),
        (
            "exclude",
            (1, {"indeterminate_excluded": 1, "not_processed_excluded": 1}),
            (2, {"indeterminate_excluded": 1, "not_processed_excluded": 1}),
        ),
    ],
)
def test_account_by_hand(
    rule: str, studies: tuple[int, dict[str, int]], reads: tuple[int, dict[str, int]]
) -> None:
    missing = f'[missing]\nindeterminate = "{rule}"\nnot_processed = "{rule}"\n'
    protocol = parse_protocol((PROTOCOL_HEAD + missing).encode(), source="p.toml").protocol
    own = Rows([image.cells for image in STUDIES], Counter(), 5, 0, 2, 0, 0)
    named = ["used", "used", "missing", "vague", "tuned", "elsewhere"]
    read = Rows([{"image_id": name} for name in named], Counter(other_finding=7), 13, 4, 0, 1, 1)
    of_studies, of_reads = account(Recounted(tuple(STUDIES), {"studies": own, "reads": read}, {}), protocol)
    assert (of_studies["rows_used"], of_studies["rows_excluded"]) == (
        studies[0],
        {"not_test_split": 1, "no_reference": 1} | studies[1],
    )
    assert (of_reads["rows_used"], of_reads["rows_excluded"]) == (
        reads[0],
        {"other_finding": 7, "not_in_studies": 1, "not_test_split": 1} | reads[1],
    )
    assert (of_reads["rows_read"], of_reads["cells_trimmed"], of_studies["ages_converted"]) == (13, 4, 2)
