"""Every table of secondary results and robustness, as printed, against the results it is made from."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.content.analyses.secondary import secondary_tables
from reports.content.context import ReportContext
from reports.language.formatting import (
    between,
    count,
    decimal,
    fraction,
    interval,
    proportion,
    score,
    shift,
    value,
)
from validation.results.secondary import Measured

Rows = Callable[[str, str], list[list[str]]]
Contexts = Callable[[str], ReportContext]
SHOWN = ("sensitivity", "specificity", "f1", "auroc")


def test_average_precision_and_brier_stand_beside_auroc(rows_of: Rows, context_of: Contexts) -> None:
    head, *body = rows_of("passing", "The other metrics with their intervals")
    rows = {row[0]: row for row in body}
    estimates = context_of("passing").whole.estimates
    for metric, name in (("average_precision", "Average precision"), ("brier", "Brier score")):
        assert rows[name][1] == decimal(estimates[metric].value or 0)
        assert rows[name][head.index("Deciding interval")] == interval(
            estimates[metric].intervals["jackknife_student"]
        )
        assert rows[name][head.index("Method")] == "Jackknife with Student's t"
        assert rows[name][head.index("Bootstrap BCa")] == interval(estimates[metric].intervals["bca"])


def test_monte_carlo_errors_stand_where_draws_decide(rows_of: Rows) -> None:
    resampled, closed = (
        {row[0]: row[-2:] for row in rows_of(name, "The other metrics with their intervals")}
        for name in ("by patient, missing excluded", "passing")
    )
    assert all(error.startswith("0.0") for error in resampled["Brier score"])
    assert closed["Brier score"] == closed["AUROC"] == ["–", "–"]


def test_the_bound_that_draws_decide_is_told_with_its_distance(page_of: Callable[[str], str]) -> None:
    assert "Monte-Carlo error of the bounds that draws decide: 0.0" in page_of("by patient, missing excluded")
    assert "No observed bound depends on draws, so none has a Monte-Carlo error." in page_of("passing")


def test_precision_recall_is_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "where the recall first reaches a level")[1:]
    points = context_of("passing").results.precision_recall
    printed = {
        (decimal(p.recall), score(p.threshold), decimal(p.precision), interval(p.interval)) for p in points
    }
    assert 1 < len(rows) <= 10
    assert {tuple(row) for row in rows} <= printed
    assert rows[-1][0] == "1.000"


def test_projections_are_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "at the shares of positives that the protocol states")[1:]
    context = context_of("passing")
    assert [row[0] for row in rows[:-1]] == ["5\u00a0%", "20\u00a0%"]
    assert rows[-1][0].startswith("This cohort, ")
    assert rows[-1][1] == decimal(context.whole.estimates["ppv"].value or 0)
    first = [p for p in context.results.projections if p.prevalence == 0.05]
    assert rows[0][1::2] == [value(p.value) for p in first]
    assert rows[0][2::2] == [interval(p.intervals[p.decision_interval or ""]) for p in first]


def test_without_prevalences_a_sentence_stands(page_of: Callable[[str], str]) -> None:
    assert "The protocol states no other share of positives, so nothing is projected." in page_of("failing")


def test_calibration_is_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = {row[0]: row[1:] for row in rows_of("passing", "Calibration, with interval")}
    found = context_of("passing").results.calibration
    for name, measured in (("In the large", found.in_the_large), ("Slope", found.slope)):
        assert rows[name][:2] == [value(measured.value), between(measured.interval)]
    assert found.brier is not None
    assert rows["− resolution"][0] == decimal(found.brier.resolution)
    assert rows["Spiegelhalter's z"][0] == value(found.spiegelhalter.z)


def test_reliability_is_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "Reliability: images in order of score")[1:]
    bins = context_of("passing").results.calibration.bins
    assert [row[2:5] for row in rows] == [
        [count(b.units), count(b.patients), count(b.positives)] for b in bins
    ]
    assert [row[6:] for row in rows] == [[decimal(b.share), interval(b.interval)] for b in bins]


def test_the_decision_curve_is_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "Net benefit for each image")[1:]
    points = {p.threshold: p for p in context_of("passing").results.decision_curve}
    assert 5 < len(rows) < 16
    for at, benefit, bounds, treat_all in rows:
        point = points[float(at)]
        assert [benefit, bounds, treat_all] == [
            decimal(point.net_benefit),
            between(point.interval),
            decimal(point.treat_all),
        ]


def test_the_locked_threshold_is_marked_among_the_others(
    rows_of: Rows, context_of: Contexts, page_of: Callable[[str], str]
) -> None:
    rows = rows_of("passing", "The device around the locked threshold")
    found = context_of("passing").results.threshold_sensitivity
    assert rows[0][3:] == ["Sensitivity", "Specificity", "F1", "PPV", "NPV"]
    assert [row[1] for row in rows[1:]] == [shift(row.shift) for row in found]
    (locked,) = [row for row in rows[1:] if row[0] == "0.5"]
    assert locked[1] == "–"
    for row, printed in zip(found, rows[1:], strict=True):
        assert printed[3:] == [f"{value(e.value)} {interval(e.interval)}" for e in row.estimates]
    assert (
        page_of("passing").count('<tr class="total"><td class="n">0.5</td>') == 2
    )  # here and on the decision curve


@pytest.mark.parametrize("name", ["passing", "text-mined", "one reader"])
def test_every_analysis_has_its_row(name: str, rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of(name, "The whole cohort under other rules")[1:]
    context = context_of(name)
    assert [row[0] for row in rows] == ["Primary analysis", *map(context.words.analysis, context.analyses)]
    for row, estimates in zip(rows, [context.whole.estimates, *context.analyses.values()], strict=True):
        shown = estimates["sensitivity"]
        of = "" if shown.denominator is None else f" {fraction(shown)}"
        assert row[2] == f"{value(shown.value)}{of}"
        assert row[3] == interval(estimates["sensitivity"].decision)


def test_a_weighted_analysis_has_counts_alone(rows_of: Rows, page_of: Callable[[str], str]) -> None:
    rows = {row[0]: row for row in rows_of("one reader", "The whole cohort under other rules")}
    assert rows["Weighted to the population"][-1] == "–"
    assert "each image counts as the column weight says" in page_of("one reader")


@pytest.mark.parametrize(
    ("kind", "caption"),
    [("site", "without the images of each site"), ("reader", "judged without each reader")],
)
def test_what_is_left_out_is_the_results(
    kind: str, caption: str, rows_of: Rows, context_of: Contexts
) -> None:
    _, first, *rows, last = rows_of("passing", caption)
    context = context_of("passing")
    entries = [entry for entry in context.results.leave_one_out if entry.kind == kind]
    assert first[0] == "none left out"
    assert [row[0].partition(",")[0] for row in rows] == [entry.name for entry in entries]
    assert ["excluded" in row[0] for row in rows] == [entry.ties_excluded for entry in entries]
    assert [row[3:11:2] for row in rows] == [[value(e.value) for e in entry.estimates] for entry in entries]
    whole = [entry for entry in entries if not entry.ties_excluded]
    areas = [e.value or 0 for entry in whole for e in entry.estimates if e.metric == "auroc"]
    assert last[6] == interval((min(areas), max(areas)))


def test_resampled_readers_are_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "readers and patients resampled together")[1:]
    found = context_of("passing").results.reference_uncertainty
    expected = [[value(m.value), interval(m.decision), interval(m.interval)] for m in found.metrics]
    assert [row[2:5] for row in rows] == expected
    assert [row[5] for row in rows] == ["–"] * len(found.metrics)


@pytest.mark.parametrize("name", ["passing", "failing", "by patient, missing excluded", "text-mined"])
def test_tipping_points_are_the_results(rows_of: Rows, context_of: Contexts, name: str) -> None:
    rows = rows_of(name, "must count otherwise before the verdict")[1:]
    found = context_of(name).results.tipping_points.criteria
    assert [(row[0], row[3]) for row in rows] == [(one.id, count(one.unresolved)) for one in found]
    for row, one in zip(rows, found, strict=True):
        changes = f"{one.count} count" if one.count is not None else "device inconclusive metrics interval"
        assert any(word in row[4] for word in changes.split())


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("one reader", "Each image was read by one reader, so no reader can be left out."),
        ("text-mined", "Labels mined from text have no readers that could be left out."),
        ("one reader", "No analysed image was read by two readers"),
        ("decided", "The verdicts arrived already decided, as one reader, consensus"),
        ("one reader", "were drawn each from their own stratum"),
    ],
)
def test_what_is_empty_has_a_sentence_and_no_table(
    name: str, sentence: str, page_of: Callable[[str], str]
) -> None:
    assert sentence in page_of(name)
    assert "judged without each reader" not in page_of(name)
    assert "readers and patients resampled together" not in page_of(name)


def test_agreement_is_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "Agreement of all readers")[1:]
    found = context_of("passing").results.agreement
    expected = [found.percent, found.fleiss_kappa, found.gwet_ac1, found.krippendorff_alpha]
    assert [row[1:] for row in rows] == [[value(m.value), between(m.interval)] for m in expected]


def test_patterns_begin_with_the_most_frequent(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "Images by their verdicts")[1:]
    context = context_of("passing")
    images = context.results.cohort.images
    expected = sorted(context.results.agreement.patterns.values(), reverse=True)
    assert [row[1] for row in rows] == [proportion(number, images) for number in expected]


def test_readers_stand_with_their_latent_rates(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "How each reader calls")
    found = context_of("passing").results.agreement
    assert rows[0][-2:] == ["Sensitivity", "Specificity"]
    assert [row[:2] for row in rows[1:]] == [[r.reader, count(r.images)] for r in found.readers]
    assert [row[-2] for row in rows[1:]] == [decimal(r.sensitivity) for r in found.dawid_skene.readers]


def test_pairs_are_the_results(rows_of: Rows, context_of: Contexts) -> None:
    rows = rows_of("passing", "Pairs of readers, on the images that both read")[1:]
    pairs = context_of("passing").results.agreement.pairs
    assert [row[0] for row in rows] == [f"{p.first} and {p.second}" for p in pairs]
    assert [row[4] for row in rows] == [value(p.kappa.value) for p in pairs]


def test_what_cannot_be_given_is_said_below(
    context_of: Contexts, page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    lacking = Measured(None, None, "not estimable: the scores separate the classes")
    calibration = replace(context.results.calibration, slope=lacking, intercept=lacking)
    results = replace(context.results, calibration=calibration)
    document = page_from(
        replace(context, results=results, secondary=secondary_tables(results, context.words))
    )
    assert "Not estimable (the scores separate the classes): intercept and slope." in document
