"""Every metric, interval and term that a report uses has its meaning, in words that the run may use."""

from collections.abc import Callable

import pytest

from reports.appendices.available_evidence import PREDICATES
from reports.appendices.glossary import INTERVAL_MEANINGS, NEEDED, TERMS, glossary_of
from reports.content.context import ReportContext
from reports.language.names import INTERVALS


def test_each_interval_has_a_meaning_and_each_need_is_a_holding() -> None:
    assert set(INTERVAL_MEANINGS) == set(INTERVALS)
    assert set(NEEDED) <= set(TERMS)
    assert set(NEEDED.values()) <= set(PREDICATES)


@pytest.mark.parametrize(
    ("name", "there", "absent"),
    [
        (
            "passing",
            {"Kappa, AC1, alpha", "Reference standard", "Subgroup"},
            {"Phantom", "Text-mined labels"},
        ),
        ("one reader", {"Inverse weighting"}, {"Kappa, AC1, alpha", "Subgroup", "Projection"}),
        ("text-mined", {"Text-mined labels"}, {"Reference standard"}),
        ("locked", {"Look", "Ledger", "Amendment"}, set()),
        ("explored", {"Look", "Sealed test set"}, {"Amendment"}),
        ("confirmatory", set(), {"Look", "Ledger", "Amendment"}),
    ],
)
def test_terms_are_those_of_the_run(
    name: str, there: set[str], absent: set[str], context_of: Callable[[str], ReportContext]
) -> None:
    terms = {term.name for term in glossary_of(context_of(name)).terms}
    assert there <= terms
    assert not absent & terms


def test_terms_stand_by_the_alphabet_and_nothing_is_left_to_fill(
    context_of: Callable[[str], ReportContext],
) -> None:
    glossary = glossary_of(context_of("text-mined"))
    names = [term.name for term in glossary.terms]
    assert names == sorted(names, key=str.casefold)
    assert not [
        term for term in (*glossary.metrics, *glossary.intervals, *glossary.terms) if "{" in term.meaning
    ]
