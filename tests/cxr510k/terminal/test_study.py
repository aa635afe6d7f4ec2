"""What a person sees above the verdict: what became of the inputs, every notice, every criterion."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cxr510k.terminal.rerun import print_findings
from cxr510k.terminal.study import print_flow, print_notices, print_verdict
from protocols.cohorts.cohort import FlowStep
from protocols.evidence.reproduction.open_evidence import NO_KEY
from protocols.finding import ReproductionFinding
from protocols.tables.input_account import Notice
from reports.content.context import ReportContext
from tests.reports.conftest import NOTICES, noticed
from validation.results.results import Results, Subgroup

PATH = "/srv/hospital/exports/2026/" + "a-long-folder/" * 6 + "reads.csv"


@pytest.fixture
def results(context_of: Callable[[str], ReportContext]) -> Results:
    return context_of("passing").results


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns that shows no colour codes."""
    for name, setting in (("FORCE_COLOR", "1"), ("COLUMNS", "80"), ("TERM", "dumb")):
        monkeypatch.setenv(name, setting)


def test_account_and_notices_stand_above_the_verdict_by_hand(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    print_verdict(noticed(results))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line.split() for line in lines[:4]] == [
        ["table", "rows", "read", "used", "excluded", "cleaned"],
        ["studies", "1,200", "1,000", "170", "outside", "the", "test", "split;", "30", "without", "any", "read", "–"],
        ["reads", "3,000", "3,000", "–", "14", "cells", "trimmed,", "1", "age", "converted"],
        ["predictions", "1,003", "1,000", "3", "of", "no", "image", "in", "studies", "–"],
    ]  # fmt: skip
    assert lines[4] == f"notice: {NOTICES[0].text} Affects SE and SE-SEX."
    assert lines[5] == f"notice: {NOTICES[1].text}"
    assert lines[6].startswith("criterion")
    assert lines[-1].startswith("verdict: PASS")


def test_silence_says_that_nothing_was_wrong(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    clean = noticed(results).input_account
    tables = tuple(
        replace(table, rows_excluded={"not_test_split": 200}, cells_trimmed=0, ages_converted=0)
        for table in clean.tables
    )
    print_verdict(replace(results, input_account=replace(clean, tables=tables, notices=())))
    assert capsys.readouterr().out.startswith("criterion")


def test_a_criterion_without_a_level_is_told(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    print_verdict(noticed(results))
    out = capsys.readouterr().out
    (row,) = (line for line in out.splitlines() if line.startswith("(SE-SEX)"))
    assert row.split()[1:] == [
        "sensitivity,",
        "sex",
        "*",
        "estimate",
        "≥",
        "0.5",
        "n.e.",
        "–",
        "inconclusive",
    ]
    assert "inconclusive, SE-SEX: no level of sex is known" in out


@pytest.mark.usefixtures("terminal")
def test_at_80_columns_words_fold_and_numbers_do_not(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = results.criteria
    unmet = replace(first, verdict="not_met", against_goal="not_shown")
    level = replace(
        first, id="SE-AGE[age_years=>=65]", subgroup=Subgroup("age_years", ">=65"), role="consistency"
    )
    print_verdict(replace(noticed(results), criteria=(unmet, level)))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    whole, estimate = (
        next(line for line in lines if line.startswith(start)) for start in ("SE ", "(SE-AGE)")
    )
    assert whole.rstrip().endswith("not met (not shown)")
    assert estimate.count("–") == 1
    assert "…" not in "".join(lines)


@pytest.mark.usefixtures("terminal")
def test_a_notice_hangs_and_breaks_neither_words_nor_paths(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"Rows of {PATH} name no image of the studies; they differ from such images in leading zeros only."
    print_notices([Notice(kind="unused_reads", text=text)])
    first, *others = capsys.readouterr().out.splitlines()
    assert first == "notice: Rows of"
    assert others[0] == f"  {PATH}"
    assert all(line.startswith("  ") and len(line) <= 80 for line in others[1:])
    assert " ".join(" ".join((first, *others)).split()) == f"notice: {text}"


@pytest.mark.usefixtures("terminal")
def test_flow_and_findings_break_between_words(capsys: pytest.CaptureFixture[str]) -> None:
    reason = "matches an NIH image that another RSNA image matches more closely"
    print_flow([FlowStep("duplicate_match", 21, 21, reason)])
    print_findings([ReproductionFinding("signature", False, f"{PATH}: is missing"), NO_KEY])
    flow, _, differs, path, missing, *unchecked = capsys.readouterr().out.splitlines()
    assert flow.endswith("21 patients  matches an NIH image")
    assert (differs, path.strip()) == ("differs signature:", f"{PATH}:")
    assert missing.strip() == "is missing"
    assert " ".join(" ".join(unchecked).split()) == f"- signature: not checked, {NO_KEY.words}"


def test_in_a_file_a_notice_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_notices([Notice(kind="unused_reads", text=f"Rows of {PATH} [sic] " * 9)])
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_what_affects_criteria_is_yellow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    print_notices(NOTICES)
    yellow, plain = capsys.readouterr().out.splitlines()[0], NOTICES[1].text
    assert yellow.startswith("\x1b[33m")
    print_notices(NOTICES[1:])
    assert "\x1b" not in capsys.readouterr().out and plain


def test_a_text_mined_reference_is_told_in_words_of_agreement(
    context_of: Callable[[str], ReportContext], capsys: pytest.CaptureFixture[str]
) -> None:
    print_verdict(replace(context_of("text-mined").results, sensitivity_verdicts={}))
    printed = capsys.readouterr().out
    assert "positive per cent agreement, all" in printed
    assert "sensitivity" not in printed
