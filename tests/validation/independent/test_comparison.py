"""Equality of two implementations' numbers, and the report to the user."""

from dataclasses import replace

import pytest

from protocols.progress import silent
from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol
from tests.conftest import Study
from validation.cohort.inputs import InputFiles
from validation.independent.comparison import Comparison, compare, findings
from validation.independent.study import Opinion, second_opinion
from validation.results.results import Results
from validation.run import validate


@pytest.mark.parametrize(
    ("where", "first", "second", "equal"),
    [
        ("value", 0.1234567890, 0.123456788, True),
        ("value", 0.123456790, 0.123456787, False),
        ("intervals.delong_student[0]", 0.123456, 0.123457, True),
        ("intervals.delong_student[0]", 0.123456, 0.123459, False),
        ("intervals.mover[1]", 123456.789, 123456.78900001, True),  # in proportion, above 1
        ("numerator", 615, 615, True),
        ("numerator", 615, 616, False),
        ("status", "ok", "ok", True),
        ("value", None, None, True),
        ("value", 0.5, None, False),
    ],
)
def test_equal_by_hand(where: str, first: object, second: object, equal: bool) -> None:
    assert Comparison(where, first, second).equal is equal


@pytest.fixture
def both(study: Study) -> tuple[Results, Opinion, Protocol]:
    loaded = parse_protocol(study.protocol.read_bytes(), source="p.toml")
    files = InputFiles(study.studies, study.reads, study.predictions)
    return (
        validate(loaded, files, silent).results,
        second_opinion(loaded.protocol, files, silent),
        loaded.protocol,
    )


def test_rows_and_criteria_that_only_one_has_are_differences(both: tuple[Results, Opinion, Protocol]) -> None:
    results, opinion, protocol = both
    less = replace(opinion, estimates=opinion.estimates[1:], criteria=())
    alone = {one.where for one in compare(results, less, protocol) if one.second == "(absent)"}
    assert {"estimates[sensitivity, overall=all].metric", "criteria[SE].verdict"} <= alone
    fewer = replace(results, estimates=results.estimates[1:])
    alone = {one.where for one in compare(fewer, opinion, protocol) if one.first == "(absent)"}
    assert "estimates[sensitivity, overall=all].numerator" in alone


def test_findings_show_both_numbers_of_a_criterion_and_name_what_differs(
    both: tuple[Results, Opinion, Protocol],
) -> None:
    results, opinion, protocol = both
    first, *others = results.estimates
    changed = replace(results, estimates=(replace(first, numerator=1), *others))
    told = findings(compare(changed, opinion, protocol), opinion.criteria)
    observed = results.criteria[0].observed
    assert told[0].what == "SE, lower bound of sensitivity in overall=all"
    assert told[0].words == f"first {observed} met, second {observed} met"
    assert (told[1].what, told[1].words) == ("verdict", "first pass, second pass")
    assert told[2].what == "estimates[sensitivity, overall=all].numerator"
    assert told[2].words == f"first 1, second {first.numerator}"
    assert [one.reproduced for one in told] == [True, True, False, False]
