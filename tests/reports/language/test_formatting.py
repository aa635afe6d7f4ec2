from dataclasses import replace
from datetime import UTC, datetime

import pytest

from protocols.errors import BadInputError
from reports.language import formatting
from validation.results.results import Estimate, Subgroup

ROW = Estimate(
    metric="sensitivity",
    subgroup=Subgroup("overall", "all"),
    value=0.555054152,
    numerator=615,
    denominator=1108,
    images=5366,
    patients=2331,
    positives=1108,
    negatives=4258,
    positive_patients=458,
    negative_patients=2212,
    intervals={"exact_clustered": (0.497173069, 0.6118494), "percentile": None},
    interval_notes={"percentile": "zero width"},
    decision_interval="exact_clustered",
    monte_carlo_error=None,
    design_effect=3.633569446,
    effective_size=None,
    effective_patients=None,
    undefined_replicates=0,
    status="ok",
)
UNDEFINED = replace(
    ROW, value=None, positives=0, decision_interval=None, status="undefined", design_effect=None
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formatting.count(5366), "5,366"),
        (formatting.counted(1, "image"), "1 image"),
        (formatting.counted(0, "image"), "0 images"),
        (formatting.counted(2, "criterion", "criteria"), "2 criteria"),
        (formatting.decimal(0.8229), "0.823"),
        (formatting.decimal(-0.0001), "0.000"),  # no negative zero
        (formatting.decimal(-0.0124), "−0.012"),  # a true minus sign
        (formatting.decimal(13079.9018), "13,079.902"),
        (formatting.decimal(1.0), "1.000"),
        (formatting.stated(0.02), "0.02"),
        (formatting.stated(1e-05), "0.00001"),  # no exponent
        (formatting.stated(1.0), "1.0"),
        (formatting.plain(65.0), "65"),
        (formatting.plain(44.5), "44.5"),
        (formatting.goal(0.8), "0.800"),
        (formatting.goal(0.8125), "0.8125"),  # a promise is never rounded
        (formatting.against(0.497, 0.8), "0.497"),
        (formatting.against(0.80004, 0.8), "0.80004"),  # "0.800 > 0.800: met" is never printed
        (formatting.against(0.800000001, 0.8), "0.800000001"),
        (formatting.against(0.8, 0.8), "0.800"),
        (formatting.interval((0.4972, 0.6118)), "0.497–0.612"),
        (formatting.interval(None), "not given"),
        (formatting.between((-0.0124, 0.25)), "−0.012 to 0.250"),
        (formatting.between(None), "not given"),
        (formatting.signed(0.0184), "+0.018"),
        (formatting.signed(-0.0124), "−0.012"),
        (formatting.signed(0.0004), "0.000"),
        (formatting.signed(-0.0), "0.000"),
        (formatting.signed(None), "n.e."),
        (formatting.value(0.5), "0.500"),
        (formatting.value(None), "n.e."),
        (formatting.p_value(0.0312), "0.031"),
        (formatting.p_value(0.00099), "<0.001"),
        (formatting.p_value(None), "n.e."),
        (formatting.monte_carlo_error(0.00034), "0.0003"),
        (formatting.monte_carlo_error(0.00002), "<0.0001"),
        (formatting.monte_carlo_error(0.0), "–"),  # needs no draws
        (formatting.monte_carlo_error(None), "–"),
        (formatting.score(0.0142198), "0.014220"),
        (formatting.score(0.00000123), "0.00000123"),  # three digits are left
        (formatting.score(1.0), "1.000000"),
        (formatting.score(0.0), "0.000000"),
        (formatting.shift(0.0496), "+5.0\u00a0pp"),
        (formatting.shift(-0.02), "−2.0\u00a0pp"),
        (formatting.shift(0.0), "–"),
        (formatting.proportion(2326, 5366), "2,326 (43.3\u00a0%)"),
        (formatting.proportion(0, 0), "0"),
        (formatting.level(0.95), "95\u00a0%"),
        (formatting.level(0.975), "97.5\u00a0%"),
        (formatting.level(0.9), "90\u00a0%"),
        (formatting.short_hash("e6fd4706" + "0" * 52 + "d626"), "e6fd4706…d626"),
        (formatting.listed([]), "none"),
        (formatting.listed(["a"]), "a"),
        (formatting.listed(("a", "b", "c")), "a, b and c"),
        (formatting.sentence("bootstrap BCa"), "Bootstrap BCa"),
    ],
)
def test_text_by_hand(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (formatting.estimate(ROW), "0.555"),
        (formatting.estimate(UNDEFINED), "not estimable (0 positives)"),
        (formatting.estimate(replace(UNDEFINED, positives=3, negatives=0)), "not estimable (0 negatives)"),
        (formatting.estimate(replace(UNDEFINED, positives=3)), "not estimable (denominator 0)"),
        (formatting.fraction(ROW), "615/1,108"),
        (formatting.fraction(replace(ROW, numerator=None, denominator=None)), "–"),
        (formatting.interval_of(ROW, "exact_clustered"), "0.497–0.612"),
        (formatting.interval_of(ROW, "percentile"), "not given"),
        (formatting.interval_of(ROW, "mover"), "–"),  # does not apply to a proportion
        (formatting.design_effect(ROW), "3.6"),
        (formatting.design_effect(UNDEFINED), "n.e."),
        (formatting.design_effect(replace(UNDEFINED, intervals={"bca": None})), "–"),
    ],
)
def test_estimate_by_hand(text: str, expected: str) -> None:
    assert text == expected


def test_moment_is_utc_by_hand() -> None:
    moment = formatting.moment("2026-01-31T12:05:09Z")
    assert moment == datetime(2026, 1, 31, 12, 5, 9, tzinfo=UTC)
    assert formatting.date_and_time(moment) == "31 January 2026, 12:05 UTC"


def test_another_form_of_time_is_refused() -> None:
    with pytest.raises(BadInputError, match="must be a UTC time such as"):
        formatting.moment("2026-01-31 12:05")
