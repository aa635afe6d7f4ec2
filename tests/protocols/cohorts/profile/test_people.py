"""Ages, levels and spreads."""

import numpy as np
import pytest

from protocols.cohorts.profile.people import age_profile, levels, spread_of
from protocols.tables.checks import studies_from
from protocols.tables.reading import Table

ROWS = (
    ("a", "A", "0", "F", "PA", "north"),
    ("b", "B", "9.9", "F", "PA", "north"),
    ("c", "C", "10", "M", "AP", ""),
    ("d", "D", "120", "M", "AP", "south"),
    ("e", "E", "", "", "", "south"),
)
COLUMNS = ("image_id", "patient_id", "age_years", "sex", "view", "site")
CLASSES = ("positive", "negative", "positive", "unknown", "positive")


def studies():
    return studies_from(Table.of("studies", dict(zip(COLUMNS, zip(*ROWS, strict=True), strict=True))))


def test_bins_of_ten_years_by_hand() -> None:
    ages = age_profile(studies(), CLASSES)
    assert ages.first_years == tuple(range(0, 121, 10))
    assert ages.bins["positive"][:3] == (1, 1, 0)
    assert ages.bins["negative"][:3] == (1, 0, 0)
    assert ages.bins["unknown"][-1] == 1
    assert ages.by_sex["F"]["negative"][0] == 1
    assert sum(ages.by_view["AP"]["positive"]) == 1
    assert ages.spread["positive"].number == 2
    assert ages.spread_of_all is not None
    assert ages.spread_of_all.highest == 120


def test_levels_by_class_by_hand() -> None:
    found = {
        (level.column, level.level): (level.classes.positive, level.classes.negative, level.classes.unknown)
        for level in levels(studies(), CLASSES)
    }
    assert found == {
        ("sex", "F"): (1, 1, 0),
        ("sex", "M"): (1, 0, 1),
        ("sex", ""): (1, 0, 0),
        ("view", "AP"): (1, 0, 1),
        ("view", "PA"): (1, 1, 0),
        ("view", ""): (1, 0, 0),
        ("site", "north"): (1, 1, 0),
        ("site", "south"): (1, 0, 1),
        ("site", ""): (1, 0, 0),
    }


def test_a_spread_against_numpy() -> None:
    values = np.random.default_rng(1).normal(size=101)
    spread = spread_of(values)
    quartiles = (spread.lower_quartile, spread.median, spread.upper_quartile)
    assert quartiles == pytest.approx(np.quantile(values, (0.25, 0.5, 0.75)).tolist(), abs=1e-6)
    assert spread.mean == pytest.approx(values.mean(), abs=1e-6)
