from dataclasses import replace

import pytest

from protocols.schema.metrics import SUBGROUP_METRICS
from reports.content.estimate_rows import (
    CriterionRow,
    LevelRow,
    deciding_note,
    inconclusive,
    monte_carlo_errors,
    notes_on,
)
from reports.language.vocabulary import Words
from validation.results.results import CriterionResult, Estimate, Subgroup

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset({"age_years"}))


def estimate(metric: str, level: str, decision: str | None = "exact_clustered") -> Estimate:
    """An estimate of one level of sex."""
    return Estimate(
        metric=metric,
        subgroup=Subgroup("sex", level),
        value=0.5 if decision else None,
        numerator=1,
        denominator=2,
        images=40,
        patients=20,
        positives=1,
        negatives=1,
        positive_patients=6,
        negative_patients=1,
        intervals={},
        interval_notes={},
        decision_interval=decision,
        monte_carlo_error=None,
        design_effect=None,
        effective_size=None,
        effective_patients=None,
        undefined_replicates=0,
        status="ok" if decision else "undefined",
    )


def row(level: str, **decisions: str | None) -> LevelRow:
    found = {name: estimate(name, level, decisions.get(name, "exact_clustered")) for name in SUBGROUP_METRICS}
    return LevelRow(Subgroup("sex", level), found)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [row("F", auroc="bca"), row("M", auroc="bca")],
            "Deciding: exact clustered for sensitivity, specificity and F1 score; bootstrap BCa for AUROC.",
        ),
        (
            [row("F", auroc="bca"), row("M", auroc="wilson_patients"), row("O", auroc="bca")],
            "Deciding: exact clustered for sensitivity, specificity and F1 score; bootstrap BCa for AUROC; "
            "Wilson on patients for AUROC in Male.",
        ),
        ([row("F", **dict.fromkeys(SUBGROUP_METRICS))], "Deciding: none."),
    ],
)
def test_what_decides_by_hand(rows: list[LevelRow], expected: str) -> None:
    assert deciding_note(rows, WORDS) == expected


def test_notes_by_hand() -> None:
    found = dict(row("F", auroc=None).estimates)
    for name in ("sensitivity", "f1"):
        notes = {"percentile": "zero width"}
        found[name] = replace(found[name], interval_notes=notes, undefined_replicates=1200)
    assert notes_on(LevelRow(Subgroup("sex", "F"), found), WORDS) == (
        "Not estimable (denominator 0): AUROC.",
        "Not given, zero width: bootstrap percentile of sensitivity and F1 score.",
        "Undefined in some replicates, which bootstrap intervals leave out: sensitivity in 1,200 and F1 score in "
        "1,200.",
    )


def test_what_is_inconclusive_by_hand() -> None:
    def criterion(id_: str, metric: str, why: str) -> CriterionResult:
        return CriterionResult(
            id_, "acceptance", metric, Subgroup("sex", "F"), "lower", None, None, 0.8, "inconclusive", why
        )

    rows = [
        criterion("A", "sensitivity", "3 patients, 30 needed"),
        criterion("B", "specificity", "3 patients, 30 needed"),
        criterion("C", "lr_negative", "lr_negative is not estimable: 0 positives"),
    ]
    assert inconclusive(rows, WORDS) == (
        "Inconclusive, A and B: 3 patients, 30 needed.",
        "Inconclusive, C: negative likelihood ratio is not estimable: 0 positives.",
    )


def test_bounds_that_draws_decide_by_hand() -> None:
    def criterion(id_: str, observed: float | None, error: float | None) -> CriterionRow:
        result = CriterionResult(
            id_,
            "acceptance",
            "auroc",
            Subgroup("sex", "F"),
            "lower",
            observed,
            error,
            0.85,
            "met",
            "for the test",
        )
        return CriterionRow(id_, result, "for the test", estimate("auroc", "F"))

    assert monte_carlo_errors(
        [criterion("A", 0.9271, 0.00054), criterion("B", 0.9, 0.0), criterion("C", None, None)]
    ) == ("Monte-Carlo error of the bounds that draws decide: 0.0005 for A, 0.0771 from its goal.")
    assert (
        monte_carlo_errors([criterion("B", 0.9, 0.0)])
        == "No observed bound depends on draws, so none has a Monte-Carlo error."
    )
