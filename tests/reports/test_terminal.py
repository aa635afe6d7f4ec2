from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.context import ReportContext
from reports.terminal import print_verdict
from validation.secondary import Caution


def test_cautions_stand_above_the_verdict(
    context_of: Callable[[str], ReportContext], capsys: pytest.CaptureFixture[str]
) -> None:
    results = context_of("passing").results
    cautions = (
        Caution("SE-SEX[sex=F]", "raise the number of replicates"),
        Caution("auroc", "two methods differ"),
    )
    print_verdict(replace(results, cautions=cautions))
    *_, first, second, verdict = capsys.readouterr().out.splitlines()
    assert first == "caution, SE-SEX[sex=F]: raise the number of replicates"
    assert second == "caution, auroc: two methods differ"
    assert verdict.startswith("verdict: PASS")


def test_without_cautions_none_is_printed(
    context_of: Callable[[str], ReportContext], capsys: pytest.CaptureFixture[str]
) -> None:
    print_verdict(replace(context_of("passing").results, cautions=()))
    assert "caution" not in capsys.readouterr().out


def test_a_text_mined_reference_is_told_in_words_of_agreement(
    context_of: Callable[[str], ReportContext], capsys: pytest.CaptureFixture[str]
) -> None:
    results = context_of("text-mined").results
    print_verdict(results)
    printed = capsys.readouterr().out
    assert "positive per cent agreement, all" in printed
    assert "sensitivity" not in printed
