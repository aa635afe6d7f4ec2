"""Each predicate on runs that have the evidence and on runs that do not."""

from collections.abc import Callable

import pytest

from reports.appendices.available_evidence import PREDICATES
from reports.content.context import ReportContext


@pytest.mark.parametrize(
    ("name", "having", "lacking"),
    [
        ("subgroups", "passing", "without criteria and subgroups"),
        ("age_and_sex", "passing", "one reader"),
        ("criteria", "passing", "without criteria and subgroups"),
        ("homogeneity", "passing", "without criteria and subgroups"),
        ("reference_standard", "passing", "text-mined"),
        ("reader_agreement", "passing", "one reader"),
        ("sensitivity", "passing", "no positives"),
        ("auroc", "passing", "no positives"),
        ("two_by_two", "passing", "no positives"),
        ("intervals", "passing", "no positives"),
        ("projections", "passing", "failing"),
        ("family", "passing", "failing"),
        ("weights", "one reader", "passing"),
        ("sealed", "explored", "confirmatory"),
        ("locked", "locked", "explored"),
        ("threshold_frozen", "locked", "confirmatory"),
    ],
)
def test_available_and_not_available(
    name: str, having: str, lacking: str, context_of: Callable[[str], ReportContext]
) -> None:
    assert PREDICATES[name].available(context_of(having))
    assert not PREDICATES[name].available(context_of(lacking))


def test_brought_scores_have_no_evidence_of_the_device(context_of: Callable[[str], ReportContext]) -> None:
    of_a_device = (
        "trained_here",
        "threshold_frozen",
        "leakage_none",
        "perturbed",
        "localisation",
        "pictures",
    )
    assert not [name for name in of_a_device if PREDICATES[name].available(context_of("passing"))]
