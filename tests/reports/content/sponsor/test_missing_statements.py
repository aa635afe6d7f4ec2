import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protocols.model_folder import PLAN
from protocols.schema.protocol import Protocol
from reports.content.context import ReportContext
from reports.content.sponsor.missing_statements import OF_READERS, missing_statements
from reports.content.sponsor.submission import PLACES
from reports.pages.numbering import sections
from reports.run_files.device import Device, read_device
from tests.reports.run_files.test_device import DOCUMENTS, TABLES


def keys(
    context: ReportContext, *, device: Device | None = None, protocol: Protocol | None = None
) -> set[str | None]:
    return {one.key for one in missing_statements(context.results, protocol or context.protocol, device)}


def test_gaps_stand_in_sections_that_every_report_has() -> None:
    assert {place.section for place in PLACES} <= set(sections(agreement=False))


def test_a_lock_is_asked_of_a_confirmatory_study_alone(context_of: Callable[[str], ReportContext]) -> None:
    assert None in keys(context_of("confirmatory"))
    assert None not in keys(context_of("passing"))


def test_a_ledger_that_tells_the_registration_closes_the_gap(
    context_of: Callable[[str], ReportContext],
) -> None:
    """And what is asked of the threshold is why, no longer when."""
    asked = {one.key: one.asked for one in context_of("locked").missing_statements}
    assert None not in asked
    assert "no file backs it" not in asked["threshold_rationale"]
    open_ = {one.key: one.asked for one in context_of("confirmatory").missing_statements}
    assert "no file backs it" in open_["threshold_rationale"]


def test_labels_that_no_reader_gave_ask_nothing_of_readers(
    context_of: Callable[[str], ReportContext],
) -> None:
    assert set(OF_READERS) <= keys(context_of("passing"))
    assert not set(OF_READERS) & keys(context_of("text-mined"))


@pytest.mark.parametrize(
    ("axis", "key"), [("manufacturer", "manufacturers"), ("site", "sites"), ("race", "race_and_ethnicity")]
)
def test_a_subgroup_answers_with_numbers(
    axis: str, key: str, context_of: Callable[[str], ReportContext]
) -> None:
    context = context_of("passing")
    axes = (*context.protocol.subgroups, context.protocol.subgroups[1].model_copy(update={"axis": axis}))
    assert key in keys(context)
    assert key not in keys(context, protocol=context.protocol.model_copy(update={"subgroups": axes}))


def device(folder: Path, **training: Any) -> Device:
    """A device whose plan differs in a few keys of its training."""
    for name, document in DOCUMENTS.items():
        (folder / name).write_text(json.dumps(document), encoding="utf-8")
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    plan["training"] |= training
    (folder / PLAN).write_text(json.dumps(plan), encoding="utf-8")
    made = read_device(folder)
    assert made
    return made


OF_THE_MAKING = {"algorithm", "training_data", "independence"}


@pytest.mark.parametrize(
    ("training", "open_"),
    [
        ({}, set()),  # trained here, on a truth that is known
        ({"label_source": "text_mined"}, {"training_data"}),
        ({"initial_weights_sha256": "0" * 64}, {"training_data", "independence"}),
    ],
)
def test_a_device_trained_in_the_run_answers_for_itself(
    training: dict[str, str], open_: set[str], tmp_path: Path, context_of: Callable[[str], ReportContext]
) -> None:
    made = device(tmp_path, **training)
    assert keys(context_of("passing"), device=made) & OF_THE_MAKING == open_


def test_scores_that_were_brought_answer_nothing(context_of: Callable[[str], ReportContext]) -> None:
    assert keys(context_of("passing")) >= OF_THE_MAKING


def test_a_threshold_that_no_file_backs_asks_for_more(context_of: Callable[[str], ReportContext]) -> None:
    (asked,) = [
        one.asked for one in context_of("passing").missing_statements if one.key == "threshold_rationale"
    ]
    assert asked.endswith("the protocol states it and no file backs it")
