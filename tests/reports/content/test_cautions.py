from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.content.cautions import CautionNote, caution_notes
from reports.content.context import ReportContext
from validation.results.secondary import Caution


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("SE", CautionNote("SE (sensitivity, all images)", "It is so.", "primary", None)),
        (
            "SE-SEX[sex=F]",
            CautionNote("SE-SEX[sex=F] (sensitivity, female)", "It is so.", "subgroups", "sex"),
        ),
        ("auroc", CautionNote("AUROC", "It is so.", "primary", None)),
        ("weighted", CautionNote("Weighted to the population", "It is so.", "robustness", None)),
    ],
)
def test_what_a_caution_is_about_by_hand(
    about: str, expected: CautionNote, context_of: Callable[[str], ReportContext]
) -> None:
    context = context_of("passing")
    results = replace(context.results, cautions=(Caution(about, "it is so"),))
    assert caution_notes(results, context.words) == (expected,)


@pytest.mark.parametrize(
    ("about", "section"), [("SE", "primary"), ("SE-SEX[sex=F]", "subgroups"), ("all_best", "robustness")]
)
def test_a_caution_stands_beside_its_subject_alone(
    about: str,
    section: str,
    context_of: Callable[[str], ReportContext],
    page_from: Callable[[ReportContext], str],
) -> None:
    context = context_of("passing")
    results = replace(context.results, cautions=(Caution(about, "it is so"),))
    document = page_from(replace(context, results=results, cautions=caution_notes(results, context.words)))
    parts = document.split('<section class="section" id="')[1:]
    sections = {part.partition('"')[0]: part for part in parts}
    assert [name for name, part in sections.items() if "It is so." in part] == [section]


def test_without_cautions_none_is_mentioned(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    document = page_from(replace(context_of("passing"), cautions=()))
    assert '<p class="caution">' not in document
