"""Anatomy by age and sex: what every textbook says of many people, tested on many simulated ones."""

import numpy as np
import pytest

from protocols.cohorts.phantom.anatomy.person import Person, draw_pose, frame, person
from protocols.cohorts.phantom.anatomy.shapes import SIZE

PEOPLE = 60


def rng(number: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[510, number]))


def mean(field: str, *, age_years: float, female: bool) -> float:
    drawn = [person(rng(number), age_years=age_years, female=female) for number in range(PEOPLE)]
    return float(np.mean([getattr(who, field) for who in drawn]))


@pytest.mark.parametrize(
    ("field", "less", "more"),
    [
        ("half_width", (4, False), (40, False)),  # a child's thorax is smaller
        ("half_width", (40, True), (40, False)),  # and a woman's than a man's
        ("heart", (40, False), (3, False)),  # a child's heart is larger in proportion
        ("aorta", (25, False), (85, False)),  # the aortic knob grows with age
        ("bone", (85, True), (25, True)),  # bones lose density
        ("breast", (40, False), (40, True)),  # women alone have breast shadows
        ("breast", (8, True), (18, True)),  # and girls not yet
    ],
)
def test_age_and_sex_change_the_anatomy_against_published(
    field: str, less: tuple[float, bool], more: tuple[float, bool]
) -> None:
    small, large = (mean(field, age_years=age, female=female) for age, female in (less, more))
    assert small < large


def test_a_place_on_the_film_is_the_place_in_the_body_against_itself() -> None:
    who: Person = person(rng(1), age_years=50, female=False)
    pose = draw_pose(rng(2), who, portable=True)
    grid = frame(who, pose)
    column, row = grid.film((3.0, 9.0), SIZE)
    place = (grid.x[int(row), int(column)], grid.y[int(row), int(column)])
    assert place == pytest.approx((3.0, 9.0), abs=0.8)  # a pixel, and the bend of the outlines
