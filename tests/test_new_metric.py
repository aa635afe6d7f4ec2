"""What a new metric of counts touches: a row of the registry and a definition; everything else follows from these two.

Two metrics that the suite does not have are added here, one without a closed interval and one that is x/n.
"""

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cxr510k.terminal.study import print_verdict
from protocols.errors import ProtocolError
from protocols.evidence.reproduction.comparisons import compare_results
from protocols.progress import silent
from protocols.schema.load import load_protocol, parse_protocol
from protocols.schema.metrics import METRICS, Metric
from protocols.storage.run_folder import RunFolder
from reports.appendices.glossary import glossary_of
from reports.content.context import ReportContext
from reports.content.run_evidence import report_context
from reports.pages.all_figures import gallery
from reports.pages.report import report_page
from tests.reports.conftest import CONSENSUS, HEAD, MINED, STATED, SUBGROUPS, criterion, make_run, rows_under
from validation.cohort.inputs import input_files
from validation.independent.comparison import compare, findings
from validation.independent.study import second_opinion
from validation.metrics.counts import (
    COUNT_METRICS,
    Confusion,
    CountMetric,
    Fraction,
    Numbers,
    Proportion,
    divide,
)
from validation.results.results import OVERALL_AXIS, Estimate, Results

PHI = Metric(
    kind="counts",
    label="Phi coefficient",
    agreement_label="Correlation of calls and labels",
    meaning="the correlation of call and {truth} (Matthews 1975)",
    lowest=-1.0,
)
FALSE_OMISSION = Metric(
    kind="proportion",
    label="False omission rate",
    agreement_label="Positive labels among negative calls",
    meaning="of the {units} called negative, the proportion whose {truth} is positive; lower is better",
    lower_is_better=True,
)
NEW = {"phi": PHI, "false_omission": FALSE_OMISSION}


def phi(c: Confusion) -> Numbers:
    """Matthews' correlation of call and truth, in [-1, 1]; NaN where a margin is 0."""
    margins = (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)
    return divide(c.tp * c.tn - c.fp * c.fn, np.sqrt(margins))


def missed_of_negative_calls(c: Confusion) -> Fraction:
    """What the false omission rate is made of."""
    return Fraction(c.fn, c.fn + c.tn)


DEFINITIONS = {
    "phi": CountMetric(phi),
    "false_omission": Proportion(lambda c: divide(*missed_of_negative_calls(c)), missed_of_negative_calls),
}
CRITERIA = (
    criterion("PHI", "phi", '"overall"', "lower", 0.3)
    + criterion("PHI-SEX", "phi", '{axis = "sex", level = "*"}', "lower", -0.5)
    + criterion("FOR", "false_omission", '"overall"', "upper", 0.01)
    + criterion("FOR-EST", "false_omission", '"overall"', "estimate", 0.5, "consistency")
)


@pytest.fixture(scope="module", autouse=True)
def registry() -> Iterator[None]:
    """The registry and the definitions with both new metrics."""
    with pytest.MonkeyPatch.context() as patch:
        for name, row in NEW.items():
            patch.setitem(METRICS, name, row)
            patch.setitem(COUNT_METRICS, name, DEFINITIONS[name])
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A validated study whose criteria are on the new metrics."""
    return make_run(tmp_path_factory.mktemp("new"), HEAD + CONSENSUS + STATED + SUBGROUPS + CRITERIA)


@pytest.fixture(scope="module")
def context(run: RunFolder) -> ReportContext:
    return report_context(run)


@pytest.fixture(scope="module")
def results(context: ReportContext) -> Results:
    return context.results


def test_value_by_hand(results: Results) -> None:
    tp, positives = counts_of(results.estimate("sensitivity"))
    tn, negatives = counts_of(results.estimate("specificity"))
    fn, fp = positives - tp, negatives - tn
    found = results.estimate("phi")
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    assert found.value == pytest.approx((tp * tn - fp * fn) / math.sqrt(margins), abs=1e-9)
    assert (found.numerator, found.status) == (None, "ok")
    assert counts_of(results.estimate("false_omission")) == (fn, fn + tn)


def counts_of(estimate: Estimate) -> tuple[int, int]:
    """Numerator and denominator of a proportion."""
    assert estimate.numerator is not None
    assert estimate.denominator is not None
    return estimate.numerator, estimate.denominator


def test_a_metric_that_is_no_proportion_has_the_bootstrap_intervals_and_bca_decides(results: Results) -> None:
    for level in ("all", "F"):
        found = results.estimate("phi", OVERALL_AXIS if level == "all" else "sex", level)
        assert (set(found.intervals), found.decision_interval) == ({"percentile", "bca"}, "bca")
        assert found.decision is not None
        assert found.value is not None
        assert found.decision[0] < found.value < found.decision[1]


def test_closed_intervals_of_a_proportion_follow_from_x_of_n_against_npv(results: Results) -> None:
    ours, npv = results.estimate("false_omission"), results.estimate("npv")
    assert ours.decision_interval == "exact_clustered"
    assert ours.intervals.keys() == npv.intervals.keys()
    assert ours.decision is not None
    assert npv.decision is not None
    assert ours.decision == pytest.approx((1 - npv.decision[1], 1 - npv.decision[0]), abs=1e-9)


def test_analyses_beside_have_the_new_metrics_and_extremes_bound_them(results: Results) -> None:
    rows = {(row.analysis, row.metric): row.value for row in results.sensitivity_analyses}
    assert {name for _, name in rows} == set(METRICS)
    best, worst = ((rows[case, "phi"], rows[case, "false_omission"]) for case in ("all_best", "all_worst"))
    assert (best[0] or 0) > (results.estimate("phi").value or 0) > (worst[0] or 0)
    assert (best[1] or 0) < (results.estimate("false_omission").value or 0) < (worst[1] or 0)


def test_new_metrics_decide_criteria_by_hand(results: Results) -> None:
    verdicts = {one.id: (one.verdict, one.observed) for one in results.criteria}
    interval = results.estimate("phi").decision
    assert verdicts["PHI"] == ("met", interval and interval[0])
    interval = results.estimate("false_omission").decision
    assert verdicts["FOR"] == ("not_met", interval and interval[1])
    # 0.5 is the highest rate allowed: lower is better.
    assert verdicts["FOR-EST"] == ("met", results.estimate("false_omission").value)
    assert {name for name in verdicts if name.startswith("PHI-SEX[")} == {"PHI-SEX[sex=F]", "PHI-SEX[sex=M]"}


@pytest.mark.parametrize(
    ("metric", "goal", "sentence"),
    [
        ("phi", -1.5, "the goal of phi must be between -1 and 1; received -1.5"),
        ("false_omission", -0.5, "the goal of false_omission must be between 0 and 1; received -0.5"),
        (
            "matthews",
            0.5,
            "'auroc', 'average_precision', 'brier', 'phi' or 'false_omission'; received 'matthews'",
        ),
    ],
)
def test_refusals_of_a_protocol_know_the_new_metrics_by_hand(metric: str, goal: float, sentence: str) -> None:
    text = HEAD + CONSENSUS + STATED + criterion("X", metric, '"overall"', "lower", goal)
    with pytest.raises(ProtocolError, match=sentence):
        parse_protocol(text.encode(), source="p.toml")


def test_report_prints_the_new_metrics_under_their_labels(context: ReportContext) -> None:
    page = report_page(context, gallery(context))
    ours = {row[0]: row for row in rows_under(page, "Proportions and F1 with their intervals")}
    found = context.results.estimate("false_omission")
    assert ours["False omission rate"][1:3] == [
        f"{found.numerator}/{found.denominator}",
        f"{found.value:.3f}",
    ]
    others = {row[0]: row for row in rows_under(page, "The other metrics with their intervals")}
    assert others["Phi coefficient"][1] == f"{context.results.estimate('phi').value:.3f}"
    terms = {term.name: term.meaning for term in glossary_of(context).metrics}
    assert terms["Phi coefficient"] == "the correlation of call and reference (Matthews 1975)"


def test_terminal_prints_the_criteria_with_the_sign_of_the_direction(
    results: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    print_verdict(results)
    lines = capsys.readouterr().out.splitlines()
    for start, goal in (
        ("PHI ", "phi, all lower > 0.3"),
        ("(FOR-EST)", "false_omission, all estimate ≤ 0.5"),
    ):
        (line,) = (line for line in lines if line.startswith(start))
        assert goal in " ".join(line.split())


def test_words_of_agreement_know_the_new_metrics(tmp_path: Path) -> None:
    run = make_run(tmp_path, HEAD + MINED + STATED + criterion("PHI", "phi", '"overall"', "lower", 0.3))
    assert report_context(run).words.metric("phi") == "Correlation of calls and labels"


@pytest.mark.parametrize(
    ("metric", "moved", "reproduced"),
    [
        ("phi", 0.0, True),
        ("phi", 1e-6, False),  # from decisions, which new scores must not flip
        ("false_omission", 1e-6, False),
        ("auroc", 5e-5, True),
    ],
)
def test_rerun_compares_the_new_metrics_as_numbers_of_decisions(
    run: RunFolder, tmp_path: Path, metric: str, moved: float, reproduced: bool
) -> None:
    again = RunFolder(tmp_path / "again")
    shutil.copytree(run.root, again.root)
    document = json.loads(run.results.read_bytes())
    row = next(row for row in document["estimates"] if row["metric"] == metric)
    row["value"] += moved
    document["inputs"]["predictions"]["file_sha256"] = "of new scores"
    again.results.write_text(json.dumps(document), encoding="utf-8")
    found = list(compare_results(run, again, exactly=False))
    assert [one.reproduced for one in found] == [reproduced]
    assert reproduced or f"estimates[{metric}, overall=all].value" in found[0].words


def test_second_implementation_says_what_it_lacks_and_lets_nothing_pass_that_decides(run: RunFolder) -> None:
    results, protocol = report_context(run).results, load_protocol(run.protocol).protocol
    opinion = second_opinion(protocol, input_files(run, protocol), silent)
    comparisons = compare(results, opinion, protocol)
    different = {one.where.partition("]")[0] for one in comparisons if not one.equal}
    assert different == {"criteria[PHI", "criteria[PHI-SEX[sex=F", "criteria[PHI-SEX[sex=M"} | {
        "criteria[FOR",
        "criteria[FOR-EST",
        "tipping_points.criteria[PHI",
        "tipping_points.criteria[FOR",
        "tipping_points.criteria[FOR-EST",
        "verdict",
    }
    (told,) = (one for one in findings(comparisons, opinion.criteria) if one.kind == "not checked")
    assert told.words == "phi, false_omission: the second implementation has no such metric"
