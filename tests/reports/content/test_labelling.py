from dataclasses import replace

import pytest

from reports.content.labelling import not_established, underperforming_levels
from reports.language.vocabulary import Words
from tests.reports.content.test_estimate_rows import row
from validation.results.results import Subgroup
from validation.results.secondary import Homogeneity, LevelDifference

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset({"age_years"}))
GAP = LevelDifference(
    higher="F", lower="M", difference=0.2, interval=(0.05, 0.35), p_value=0.01, family_p_value=0.04
)


def homogeneity(gap: LevelDifference | None) -> Homogeneity:
    return Homogeneity(
        axis="sex",
        metric="specificity",
        levels=("F", "M"),
        left_out={},
        patients=40,
        statistic=5.0,
        degrees_of_freedom=(1, 38),
        p_value=0.03,
        in_family=False,
        holm_p_value=None,
        largest_gap=gap,
    )


def test_a_row_names_what_it_does_not_establish_by_hand() -> None:
    found = not_established([row("F", auroc=None, f1=None), row("M")], WORDS)
    assert [(one.subgroup.level, one.metrics, one.size.patients) for one in found] == [
        ("F", ("F1 score", "AUROC"), 20)
    ]


def test_a_gap_names_the_lower_level_by_hand() -> None:
    (found,) = underperforming_levels([homogeneity(GAP)], [row("F"), row("M")], WORDS, confidence_level=0.95)
    assert (found.metric, found.lower.level, found.higher.level) == ("specificity", "M", "F")
    assert found.lower_estimate.subgroup == Subgroup("sex", "M")


@pytest.mark.parametrize("adjusted", [None, 0.05, 0.3])
def test_a_gap_that_chance_may_make_drafts_nothing_by_hand(adjusted: float | None) -> None:
    tests = [homogeneity(replace(GAP, family_p_value=adjusted)), homogeneity(None)]
    assert underperforming_levels(tests, [row("F"), row("M")], WORDS, confidence_level=0.95) == ()
