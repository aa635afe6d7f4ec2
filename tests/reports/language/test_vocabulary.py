import pytest

from protocols.cohorts.cohort import FlowStep
from protocols.schema.criteria import Criterion
from protocols.schema.metrics import METRICS
from protocols.schema.statistical_analysis import OTHER_ANALYSES
from reports.language.rule_sentences import reference_rule, threshold_rule
from reports.language.vocabulary import Words
from validation.results.results import AgainstGoal, CriterionResult, Subgroup
from validation.results.secondary import CriterionVerdict

ACCURACY = Words(agreement=False, unit="image", numeric_axes=frozenset({"age_years", "match_mse"}))
AGREEMENT = Words(agreement=True, unit="patient", numeric_axes=frozenset())


@pytest.mark.parametrize(
    ("axis", "level", "expected"),
    [
        ("overall", "all", "All images"),
        ("age_years", "<18", "Under 18"),
        ("age_years", ">=65", "65 and over"),
        ("age_years", "18-44", "18–44"),
        ("age_years", "17", "17"),  # a bin one year wide
        ("age_years", "18 to <44.5", "18 to under 44.5"),
        ("age_years", "unknown", "Unknown"),
        ("match_mse", "-5 to <-1.5", "-5 to under -1.5"),
        ("sex", "F", "Female"),
        ("sex", "O", "Other"),
        ("view", "LATERAL", "Lateral"),
        ("view", "PA", "PA"),
        ("site", "18-44", "18-44"),  # a name, not a bin
        ("site", "Boston, MA", "Boston, MA"),  # one axis: the comma is the level's own
        ("sex,view", "F,PA", "Female, PA"),
        ("age_years,sex", ">=65,unknown", "65 and over, Unknown"),
    ],
)
def test_level_by_hand(axis: str, level: str, expected: str) -> None:
    assert ACCURACY.level(Subgroup(axis, level)) == expected


@pytest.mark.parametrize(
    ("axis", "level", "expected"),
    [
        ("overall", "all", "all images"),
        ("age_years", "<18", "aged under 18"),
        ("age_years", "unknown", "age unknown"),
        ("sex", "M", "male"),
        ("view", "AP", "AP view"),
        ("sex,view", "O,LATERAL", "of other sex, lateral view"),
        ("site", "outpatients ward", "site outpatients ward"),
        ("site", "unknown", "site unknown"),
        ("sex", "*", "each level of sex"),
        ("sex,view", "*", "each level of sex and view"),
    ],
)
def test_whom_by_hand(axis: str, level: str, expected: str) -> None:
    assert ACCURACY.whom(Subgroup(axis, level)) == expected


@pytest.mark.parametrize(
    ("axis", "expected"),
    [("age_years", "Age (years)"), ("sex,view", "Sex and view"), ("sex,age_years", "Sex and age (years)")],
)
def test_axis_by_hand(axis: str, expected: str) -> None:
    assert ACCURACY.axis(axis) == expected


@pytest.mark.parametrize(
    ("metric", "bound", "expected"),
    [
        ("sensitivity", "lower", "lower bound > 0.800"),
        ("lr_negative", "upper", "upper bound < 0.800"),
        ("sensitivity", "estimate", "estimate ≥ 0.800"),
        ("brier", "estimate", "estimate ≤ 0.800"),
        ("lr_negative", "estimate", "estimate ≤ 0.800"),  # the smaller the better
    ],
)
def test_goal_by_hand(metric: str, bound: str, expected: str) -> None:
    role = "consistency" if bound == "estimate" else "acceptance"
    criterion = Criterion.model_validate(
        {"id": "X", "metric": metric, "subgroup": "overall", "bound": bound, "goal": 0.8, "role": role}
        | {"justification": "for the test"}
    )
    assert ACCURACY.goal(criterion) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Sensitivity", "sensitivity"), ("AUROC", "AUROC"), ("F1 score", "F1 score"), ("PA view", "PA view")],
)
def test_within_a_sentence_by_hand(name: str, expected: str) -> None:
    assert Words.within(name) == expected


@pytest.mark.parametrize("name", OTHER_ANALYSES)
@pytest.mark.parametrize("words", [ACCURACY, AGREEMENT])
def test_every_analysis_of_the_suite_has_its_name(name: str, words: Words) -> None:
    assert words.analysis(name) != name


def test_agreement_knows_no_word_of_accuracy() -> None:
    spoken = " ".join(
        [
            *map(AGREEMENT.metric, METRICS),
            *AGREEMENT.outcomes.values(),
            *AGREEMENT.extremes.values(),
            *map(AGREEMENT.analysis, OTHER_ANALYSES),
            *map(AGREEMENT.head, METRICS),
            AGREEMENT.recall,
            AGREEMENT.precision,
            AGREEMENT.rule_of_missing("worst_case", "indeterminate"),
            AGREEMENT.step(
                FlowStep("indeterminate_excluded", 1, 1, "the reference standard is indeterminate")
            ),
        ]
    ).lower()
    assert not [
        word for word in ("sensitiv", "specific", "accura", "true", "false", "refer") if word in spoken
    ]


@pytest.mark.parametrize(
    ("words", "what", "expected"),
    [
        (ACCURACY, "not_processed", "counted as an error"),
        (
            ACCURACY,
            "indeterminate",
            "counted as false positive when called positive, otherwise as false negative",
        ),
        (AGREEMENT, "indeterminate", "counted as a disagreement"),
    ],
)
def test_worst_case_by_hand(words: Words, what: str, expected: str) -> None:
    assert words.rule_of_missing("worst_case", what) == expected


@pytest.mark.parametrize("rule", ["majority", "unanimous", "any", "at_least:2", "adjudicated:R3"])
def test_every_rule_of_the_schema_has_its_sentence(rule: str) -> None:
    assert "positive" in reference_rule(rule) or rule.partition(":")[2] in reference_rule(rule)


@pytest.mark.parametrize("rule", ["sensitivity_at_least:0.90", "max_f1", "youden"])
def test_every_threshold_rule_has_its_sentence(rule: str) -> None:
    assert threshold_rule(rule).startswith("the ")


@pytest.mark.parametrize(
    ("verdict", "against", "expected"),
    [
        ("met", None, "met"),
        ("not_met", None, "not met"),
        ("not_met", "not_shown", "not met (not shown)"),
        ("not_met", "refuted", "not met (refuted)"),
        ("inconclusive", None, "inconclusive"),
    ],
)
def test_what_came_of_a_criterion_by_hand(
    verdict: CriterionVerdict, against: AgainstGoal | None, expected: str
) -> None:
    result = CriterionResult(
        "SE",
        "acceptance",
        "sensitivity",
        Subgroup("overall", "all"),
        "lower",
        0.7,
        0.0,
        0.8,
        verdict,
        "",
        against,
    )
    assert ACCURACY.verdict(result) == expected


def test_an_analysis_of_scored_images_has_a_name() -> None:
    assert ACCURACY.analysis("processed_only") == "Images with a score alone"
    assert AGREEMENT.analysis("processed_only") == "Patients with a score alone"


def test_reasons_by_hand() -> None:
    assert ACCURACY.reason("no_reference") == "without any read"
    assert (
        ACCURACY.reason("indeterminate_excluded")
        == "with an indeterminate reference, which the protocol excludes"
    )
    assert ACCURACY.reason("other_finding") == "of another finding"


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (ACCURACY, "auroc: a bound of 'auroc.png' differs.", "AUROC: a bound of 'auroc.png' differs."),
        (ACCURACY, "Under all_worst it fails (f1).", "Under “all missing counted as errors” it fails (F1 score)."),
        (ACCURACY, "counts as a false negative", "counts as a false negative"),
        (AGREEMENT, "sensitivity, else a false negative", "positive per cent agreement, else label alone"),
    ],
)  # fmt: skip
def test_sentences_of_the_results_in_our_words_by_hand(words: Words, text: str, expected: str) -> None:
    assert words.reworded(text) == expected
