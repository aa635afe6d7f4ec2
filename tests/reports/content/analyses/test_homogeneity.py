from collections.abc import Callable
from dataclasses import replace

from reports.content.analyses.homogeneity import homogeneity_tables
from reports.content.context import ReportContext
from reports.language.vocabulary import Words
from tests.reports.conftest import rows_under
from validation.results.secondary import Homogeneity, LevelDifference

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset({"age_years"}))
TEST = Homogeneity(
    axis="sex",
    metric="sensitivity",
    levels=("F", "M"),
    left_out={"unknown": "insufficient"},
    patients=70,
    statistic=4.256,
    degrees_of_freedom=(1, 1069),
    p_value=0.0004,
    in_family=True,
    holm_p_value=0.0012,
    largest_gap=LevelDifference("M", "F", 0.1234, (-0.0124, 0.2592), 0.07),
)
LACKING = replace(
    TEST,
    metric="auroc",
    statistic=None,
    degrees_of_freedom=None,
    p_value=None,
    in_family=False,
    holm_p_value=None,
    largest_gap=None,
    note="not estimable: fewer than two levels",
)


def test_levels_left_out_by_hand() -> None:
    (table,) = homogeneity_tables([TEST, replace(TEST, metric="specificity")], WORDS).values()
    assert table.notes == ("Not compared, too few patients: Unknown.",)


def test_levels_left_out_of_one_metric_by_hand() -> None:
    lacking = {"O": "not estimable: the denominator is 0", "unknown": "unknown"}
    other = replace(TEST, metric="specificity", left_out=lacking)
    (table,) = homogeneity_tables([replace(TEST, left_out={}), other], WORDS).values()
    assert table.notes == (
        "Not compared, the denominator is 0: Other (specificity).",
        "Not compared, no level of its own: Unknown (specificity).",
    )


def test_what_could_not_be_tested_by_hand() -> None:
    (table,) = homogeneity_tables([replace(LACKING, left_out={})], WORDS).values()
    assert table.notes == ("Not estimable (fewer than two levels): AUROC.",)
    assert not table.adjusted


def test_the_table_by_hand(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    tables = homogeneity_tables([TEST, LACKING], context.words)
    rows = rows_under(
        page_from(replace(context, homogeneity=tables)), "Sex: is a metric the same in all levels?"
    )
    assert rows == [
        ["Metric", "Levels", "F", "d.f.", "p", "p, Holm", "Largest gap", "Difference", "Interval"],
        [
            "Sensitivity",
            "2 of 3",
            "4.26",
            "1; 1,069",
            "<0.001",
            "0.001",
            "Male over female",
            "0.123",
            "−0.012 to 0.259",
        ],
        ["AUROC", "2 of 3", "n.e.", "–", "n.e.", "–", "–", "–", "–"],
    ]


def test_without_a_family_no_column_of_holm(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    tables = homogeneity_tables([replace(TEST, in_family=False, holm_p_value=None)], context.words)
    rows = rows_under(page_from(replace(context, homogeneity=tables)), "is a metric the same in all levels?")
    assert "p, Holm" not in rows[0]


def test_multiplicity_is_said(page_of: Callable[[str], str]) -> None:
    descriptive = "Results by subgroup are descriptive: no acceptance criterion of the protocol is about one."
    assert descriptive in page_of("passing")
    assert "(sensitivity and specificity over age (years) and sex) are adjusted" in page_of("passing")
    assert "the protocol names no family of them" in page_of("failing")
