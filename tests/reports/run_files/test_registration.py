"""What a report says of lock and looks is what the ledger of the test set tells, and nothing where there is none."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.errors import EvidenceDiffersError
from protocols.ledger.chain import Actor, read_ledger
from protocols.registration.entry_facts import Threshold
from protocols.registration.registry import FrozenThreshold
from protocols.storage.canonical import sha256_bytes
from protocols.storage.run_folder import RunFolder
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.pages.summary import summary_page
from reports.pdf.page_text import printed_pages
from reports.render import Rendered
from reports.run_files.registration import MOST_LOOKS
from tests.reports.conftest import rows_under, seen

Pages = Callable[[str], str]


def section(document: str) -> str:
    """The words of the protocol's section."""
    return seen(document.split('id="protocol"')[1].split('id="risk"')[0])


def test_registration_threshold_and_head_are_the_ledgers_by_hand(
    page_of: Pages, run_of: Callable[[str], RunFolder]
) -> None:
    entries = read_ledger(run_of("locked").ledger).entries
    assert [entry.action for entry in entries] == ["register", "look", "results", "amend", "look", "results"]
    rows = {row[0]: row[1] for row in rows_under(page_of("locked"), "What the test set's ledger tells")}
    who = "by Ada Byron (ada), statistician"
    assert rows["Registered"] == (
        f"study, version 2, on 2026-11-19T04:30:15Z {who}; entry 4 {entries[3].objects[0].after}"
    )
    assert rows["Threshold"] == "0.5, stated in the registered protocol and frozen with it"
    assert rows["This look"] == f"begun on 2026-11-19T05:30:15Z {who}; entry 5"
    assert rows["Other protocols"] == "none is registered for the same test set"
    assert rows["Head of the ledger"] == f"6 entries; SHA-256 of the last {entries[-1].sha256}"
    assert entries[3].facts["test_set"]["content_sha256"] in rows["Test set"]


def test_earlier_looks_and_amendments_are_tabled_by_hand(
    page_of: Pages, run_of: Callable[[str], RunFolder]
) -> None:
    document = page_of("locked")
    first, _, ended, second, *_ = read_ledger(run_of("locked").ledger).entries
    verdict = ended.facts["verdict"]
    assert rows_under(document, "Earlier looks at this test set")[1:] == [
        [
            "1",
            "2026-11-19T02:30:15Z",
            "Ada Byron (ada), statistician",
            "study, version 1, confirmatory",
            f"verdict {verdict}",
        ]
    ]
    group, *changed = rows_under(document, "Amendments of the protocol")[1:]
    assert group == [
        "Version 2 replaces version 1: An age was mistyped as 80 in version 1. "
        "(2026-11-19T04:30:15Z, Ada Byron (ada), statistician; entry 4; after 1 look)"
    ]
    assert changed == [
        ["SHA-256", first.objects[0].after, second.objects[0].after],
        ["sensitivity[old].exclude.above", "80", "85"],
        ["version", "1", "2"],
    ]


def test_the_looks_number_stands_where_it_must(
    page_of: Pages, context_of: Callable[[str], ReportContext]
) -> None:
    assert "This is look 2 at the sealed test set. The ledger counts 1 before it: 0 with another" in section(
        page_of("locked")
    )
    assert (
        "Look 2 at a sealed test set. Its ledger tells that protocol and threshold were registered"
        in seen(page_of("locked"))
    )
    assert (
        "This is look 2 at a sealed test set, under a protocol amended and registered in its ledger on "
        "2026-11-19T04:30:15Z." in seen(summary_page(context_of("locked")))
    )


def test_an_exploratory_look_at_a_sealed_test_set_has_its_number(page_of: Pages) -> None:
    document = page_of("explored")
    told = section(document)
    assert "EXPLORATORY · LOOK 2" in seen(document)
    assert "This is look 2 at the sealed test set. The ledger counts 1 before it: 1 with another" in told
    assert "its looks count all the same" in told
    rows = {row[0]: row[1] for row in rows_under(document, "What the test set's ledger tells")}
    assert "Registered" not in rows
    assert rows["Threshold"] == "0.5; nothing froze it before this look"
    assert rows["Other protocols"] == "registered for the same test set: sealing"
    assert "Amendments of the protocol" not in told


@pytest.mark.parametrize("name", ["passing", "confirmatory"])
def test_without_a_ledger_it_is_said_in_one_sentence(name: str, page_of: Pages) -> None:
    document = page_of(name)
    assert section(document).count("No ledger belongs to this run") == 1
    assert "LOOK" not in seen(document)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "stamp"), [("locked", "CONFIRMATORY"), ("explored", "EXPLORATORY")])
def test_every_page_of_both_documents_bears_the_look(
    libraries: None, rendered_of: Callable[[str], Rendered], name: str, stamp: str
) -> None:
    """That both were rendered says that the linter found a source for each number in them."""
    rendered = rendered_of(name)
    for document, title in ((rendered.report, "VR-study-2"), (rendered.summary, "VR-study-2, summary")):
        cover, *pages = ("".join(page.pieces) for page in printed_pages(document.pdf))
        assert f"{stamp} · LOOK 2" in cover
        assert all(f"{title} · {stamp} · LOOK 2 · DRAFT" in text for text in pages)


def copy_of(run: RunFolder, root: Path) -> RunFolder:
    shutil.copytree(run.root, root)
    return RunFolder(root)


def test_a_ledger_of_other_results_is_refused(run_of: Callable[[str], RunFolder], tmp_path: Path) -> None:
    run = copy_of(run_of("locked"), tmp_path / "run")
    shutil.copy(run_of("explored").ledger, run.ledger)
    with pytest.raises(EvidenceDiffersError, match=r"has no look that ended in results\.json"):
        report_context(run)


def test_a_ledger_whose_chain_is_broken_is_refused(
    run_of: Callable[[str], RunFolder], tmp_path: Path
) -> None:
    run = copy_of(run_of("locked"), tmp_path / "run")
    run.ledger.write_bytes(run.ledger.read_bytes().replace(b"mistyped", b"mistipped"))
    with pytest.raises(EvidenceDiffersError, match="line 5 does not follow"):
        report_context(run)


def test_a_look_with_another_threshold_is_refused(run_of: Callable[[str], RunFolder], tmp_path: Path) -> None:
    """A ledger written anew from its first line has whole chains, and still has to fit the results."""
    run = copy_of(run_of("locked"), tmp_path / "run")
    lines, head = [], "0" * 64
    for line in run.ledger.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line) | {"prev": head}
        if entry["action"] == "look":
            entry["facts"]["threshold"] = 0.25
        text = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        lines.append(text)
        head = sha256_bytes(text.encode())
    run.ledger.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(EvidenceDiffersError, match=r"made with threshold 0\.25; results\.json has 0\.5"):
        report_context(run)


def test_many_looks_are_cut_with_a_sentence(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("locked")
    assert context.seal
    (look,) = context.seal.earlier
    cut = replace(context.seal, earlier=(look,) * MOST_LOOKS, earlier_left_out=4)
    assert "Earlier looks at this test set, the last of them; 4 before these stand in ledger.jsonl." in seen(
        page_from(replace(context, seal=cut))
    )


def test_a_frozen_threshold_names_its_file_entry_and_person_by_hand(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("locked")
    assert context.seal
    frozen = FrozenThreshold(
        5, "2026-11-19T04:45:00Z", Actor("Grace", "grace", "quality"), 4, Threshold(0.25, "d" * 64)
    )
    seal = replace(context.seal, story=replace(context.seal.story, frozen=frozen))
    document = page_from(replace(context, seal=seal))
    rows = {row[0]: row[1] for row in rows_under(document, "What the test set's ledger tells")}
    assert rows["Threshold"] == (
        "0.25, chosen by the model's rule and frozen on 2026-11-19T04:45:00Z by Grace (grace), quality; entry 5 "
        f"operating_point.json {'d' * 64}"
    )
