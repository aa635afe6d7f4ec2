"""Coverage of checklists moves with what evidence holds and with what the sponsor says, and with nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import ValidationError

from protocols.schema.submission import Predicate, Submission
from reports.appendices.checklists import (
    STATUSES,
    Checklist,
    ChecklistItem,
    Coverage,
    checklists,
    coverage_of,
)
from reports.content.context import ReportContext
from reports.content.sponsor.submission import PLACES
from reports.pages.numbering import APPENDICES, TITLES

ACTR = "actr"
PLACED = {place.key: place.section for place in PLACES}


def coverage(context: ReportContext, name: str) -> Coverage:
    (found,) = (one for one in coverage_of(context) if one.checklist.id == name)
    return found


def saying(context: ReportContext, **words: object) -> ReportContext:
    submission = Submission.model_validate(words)
    return replace(context, protocol=context.protocol.model_copy(update={"submission": submission}))


def everything() -> dict[str, object]:
    texts: dict[str, object] = {key: "told" for key in Submission.model_fields if key != "signatories"}
    return texts | {"predicate": Predicate(name="A", number="B", comparison="C")}


@pytest.mark.parametrize("checklist", checklists(), ids=lambda one: one.id)
def test_each_item_stands_once_and_points_into_the_report(checklist: Checklist) -> None:
    ids = [item.id for item in checklist.items]
    assert len(set(ids)) == len(ids)
    assert {item.section for item in checklist.items} <= {*TITLES, *APPENDICES}


@pytest.mark.parametrize("checklist", checklists(), ids=lambda one: one.id)
def test_what_a_sponsor_supplies_stands_in_the_section_that_the_item_names(checklist: Checklist) -> None:
    for item in checklist.items:
        if item.sponsor and not item.evidence:
            assert item.section in {PLACED[key] for key in item.sponsor}, item.id


def test_the_six_are_there_and_actr_has_seventeen() -> None:
    assert [one.id for one in checklists()] == ["stard-ai", "claim", "tripod-ai", "gmlp", "cfr", ACTR]
    assert len(next(one for one in checklists() if one.id == ACTR).items) == 17


@pytest.mark.parametrize("name", ["passing", "text-mined", "no positives"])
def test_counts_sum_to_the_items(name: str, context_of: Callable[[str], ReportContext]) -> None:
    for one in coverage_of(context_of(name)):
        assert sum(one.counts.values()) == len(one.checklist.items)
        assert set(one.counts) == set(STATUSES)


def test_a_word_of_the_sponsor_closes_what_asks_for_it(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    before, after = (
        coverage(one, ACTR).counts for one in (context, saying(context, selection="consecutive"))
    )
    assert (after["sponsor"] - before["sponsor"], after["gap"] - before["gap"]) == (1, -1)
    assert after["evidence"] == before["evidence"]


def test_with_every_word_of_the_sponsor_no_sponsor_gap_is_left(
    context_of: Callable[[str], ReportContext],
) -> None:
    for one in coverage_of(saying(context_of("passing"), **everything())):
        assert not [
            answer.note for answer in one.answers if answer.status == "gap" and "[submission]" in answer.note
        ]


def test_what_the_evidence_loses_becomes_a_gap(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    without = replace(context, axes=(), protocol=context.protocol.model_copy(update={"subgroups": ()}))
    before, after = coverage(context, ACTR), coverage(without, ACTR)
    lost = [
        then.item.id
        for now, then in zip(before.answers, after.answers, strict=True)
        if now.status == "evidence" and then.status == "gap"
    ]
    assert lost == ["A6"]
    assert after.counts["gap"] == before.counts["gap"] + 1


def test_without_a_reference_standard_no_accuracy_is_claimed(
    context_of: Callable[[str], ReportContext],
) -> None:
    status = {answer.item.id: answer.status for answer in coverage(context_of("text-mined"), ACTR).answers}
    assert [status[f"A{number}"] for number in range(8, 14)] == ["gap"] * 6
    assert status["A5"] == "evidence"


def test_an_item_that_needs_all_is_no_more_than_a_gap_with_half(
    context_of: Callable[[str], ReportContext],
) -> None:
    context = saying(context_of("passing"), reader_qualifications="radiologists")
    met, unmet = coverage(context, "gmlp").answers[4], coverage(context_of("passing"), "gmlp").answers[4]
    assert (met.status, unmet.status) == ("sponsor", "gap")
    assert unmet.note == "[submission] reader_qualifications"


@pytest.mark.parametrize(
    "words",
    [
        {"human": "why", "evidence": ["flow"]},
        {},
        {"evidence": ["nothing of the kind"]},
        {"sponsor": ["no_such_key"]},
    ],
)
def test_an_item_that_cannot_be_answered_is_refused(words: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ChecklistItem.model_validate({"id": "X", "topic": "t", "section": "data", **words})


def test_the_printed_counts_are_those_worked_out(
    context_of: Callable[[str], ReportContext], rows_of: Callable[[str, str], list[list[str]]]
) -> None:
    printed = rows_of("passing", "Coverage of each checklist")[1:]
    assert [[int(cell) for cell in row[1:]] for row in printed] == [
        [*one.counts.values(), len(one.answers)] for one in coverage_of(context_of("passing"))
    ]


def test_each_item_is_printed_with_its_answer(rows_of: Callable[[str, str], list[list[str]]]) -> None:
    rows = rows_of("passing", "17 items in all")[1:]
    assert [row[0] for row in rows] == [f"A{number}" for number in range(1, 18)]
    assert {row[3] for row in rows} <= {"evidence", "sponsor", "gap"}
