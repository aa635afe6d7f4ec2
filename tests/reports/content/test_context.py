import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context


@pytest.fixture
def copy(run_of: Callable[[str], RunFolder], tmp_path: Path) -> RunFolder:
    """A run folder of one's own, to be tampered with."""
    shutil.copytree(run_of("passing").root, tmp_path / "run")
    return RunFolder(tmp_path / "run")


def rewrite(run: RunFolder, change: Callable[[dict], None]) -> None:
    document = json.loads(run.results.read_bytes())
    change(document)
    run.results.write_text(json.dumps(document), encoding="utf-8")


def test_another_protocol_is_refused(copy: RunFolder) -> None:
    copy.protocol.write_text(copy.protocol.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(EvidenceDiffersError, match=r"is not the protocol of results\.json"):
        report_context(copy)


def test_other_counts_than_the_listing_are_refused(copy: RunFolder) -> None:
    text = copy.line_listing.read_text(encoding="utf-8")
    copy.line_listing.write_text(text.replace(",TP,", ",FN,", 1), encoding="utf-8")
    with pytest.raises(
        EvidenceDiffersError, match=r"counts TP 42, FP 21, FN 12, TN 53, results\.json has TP 43"
    ):
        report_context(copy)


def test_other_scores_than_the_results_are_refused(copy: RunFolder) -> None:
    lines = copy.line_listing.read_text(encoding="utf-8").splitlines()
    changed = [re.sub(r"^(.*?,negative),[\d.]+,positive,", r"\1,0.999999,positive,", line) for line in lines]
    copy.line_listing.write_text("\n".join(changed) + "\n", encoding="utf-8")
    with pytest.raises(EvidenceDiffersError, match="gives AUROC"):
        report_context(copy)


def test_another_number_of_images_is_refused(copy: RunFolder) -> None:
    rewrite(copy, lambda document: document["cohort"].update(images=1))
    with pytest.raises(EvidenceDiffersError, match="analysed images"):
        report_context(copy)


def test_a_folder_without_results_is_refused(copy: RunFolder) -> None:
    copy.results.unlink()
    with pytest.raises(BadInputError, match="name a folder that"):
        report_context(copy)


def test_a_flow_that_begins_with_leaving_is_refused(copy: RunFolder) -> None:
    rewrite(copy, lambda document: document["flow"].insert(0, document["flow"][1]))
    with pytest.raises(BadInputError, match="flow begins with 'not_test_split'"):
        report_context(copy)


def test_a_spread_criterion_keeps_its_own_id(context_of: Callable[[str], ReportContext]) -> None:
    rows = context_of("passing").consistency
    assert {row.id for row in rows} == {"SE-SEX"}
    assert [row.result.id for row in rows] == ["SE-SEX[sex=F]", "SE-SEX[sex=M]"]


def test_the_flow_gathers_what_leaves(context_of: Callable[[str], ReportContext]) -> None:
    first, last = context_of("by patient, missing excluded").flow
    assert (first.standing.step, last.standing.step) == ("all", "analysed")
    assert first.standing.images - sum(step.images for step in first.leaving) == last.standing.images


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("passing", {"not_test_split", "no_reference"}),  # counted as errors: nothing could leave for it
        ("without criteria and subgroups", {"not_test_split", "no_reference"}),
    ],
)
def test_steps_that_the_protocol_does_not_take_go_unmentioned(
    name: str, steps: set[str], context_of: Callable[[str], ReportContext]
) -> None:
    assert {step.step for step in context_of(name).never_left} == steps


@pytest.mark.parametrize(
    ("name", "stamps"),
    [
        ("passing", ("EXPLORATORY", "DRAFT")),
        ("confirmatory", ("CONFIRMATORY", "UNLOCKED", "DRAFT")),
        ("locked", ("CONFIRMATORY", "DRAFT")),
        ("explored", ("EXPLORATORY", "DRAFT")),
    ],
)
def test_stamps_by_hand(
    name: str, stamps: tuple[str, ...], context_of: Callable[[str], ReportContext]
) -> None:
    assert context_of(name).document.stamps == stamps


def test_missing_images_are_shown_apart(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    assert context.calls is not None
    assert sum(context.calls.values()) == context.results.cohort.images
    assert not context.nothing_missing


def test_every_row_that_is_too_small_is_not_established(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("every row insufficient")
    assert [row.subgroup for row in context.not_established] == [row.subgroup for row in context.rows]


def test_a_gap_makes_a_draft(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("confirmatory")
    assert context.document.stamps[-1] == "DRAFT"
    assert {"Lock", "Independence of the test", "Equipment"} <= {
        one.subject for one in context.missing_statements
    }
