"""The picture: physics that can be worked by hand, and what a person would look for first."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFont

from protocols.cohorts.phantom.anatomy.attachments import Attachments
from protocols.cohorts.phantom.anatomy.opacity import Focus
from protocols.cohorts.phantom.anatomy.person import Person, Pose, draw_pose, frame, person
from protocols.cohorts.phantom.anatomy.shapes import SIZE
from protocols.cohorts.phantom.anatomy.trunk import trunk
from protocols.cohorts.phantom.radiograph import (
    BURN_IN_HEIGHT,
    BURN_IN_WIDTH,
    Radiograph,
    detected,
    developed,
    radiograph,
)
from protocols.cohorts.phantom.sites import SITES

TECHNIQUE = SITES[0].technique
NOTHING_WORN = Attachments(leads=0, airway_tube=False, central_line=False, feeding_tube=False, seed=1)
FOCUS = Focus(
    side=-1, across=0.55, down=0.45, broad=3.0, tall=3.0, density=0.6, fuzz=0.8, ragged=0.2, fissure=0, seed=7
)


def rng(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=list(key)))


def patient(number: int = 1, *, age_years: float = 50, portable: bool = False) -> tuple[Person, Pose]:
    who = person(rng(510, number), age_years=age_years, female=number % 2 == 0)
    return who, draw_pose(rng(511, number), who, portable=portable)


def taken(who: Person, pose: Pose, *foci: Focus, photons: float = TECHNIQUE.photons) -> Radiograph:
    technique = replace(TECHNIQUE, photons=photons)
    return radiograph(who, pose, foci=foci, worn=NOTHING_WORN, technique=technique, rng=rng(1, 1))


@pytest.mark.parametrize("attenuation", [0.0, 1.0, 4.2])
def test_a_slab_follows_beer_and_lambert_by_hand(attenuation: float) -> None:
    slab = np.full((SIZE, SIZE), attenuation, dtype=np.float32)
    np.testing.assert_allclose(detected(slab, TECHNIQUE), np.exp(-attenuation), rtol=1e-5)


def test_scatter_fills_the_shadow_of_a_slab_by_hand() -> None:
    slab = np.zeros((SIZE, SIZE), dtype=np.float32)
    slab[96:160, 96:160] = 4
    gridded, bare = (detected(slab, replace(TECHNIQUE, scatter=scatter)) for scatter in (0.4, 0.8))
    assert np.exp(-4) < gridded[128, 128] < bare[128, 128]


def test_what_stops_more_is_brighter_by_hand() -> None:
    signal = np.exp(-np.linspace(0, 6, SIZE, dtype=np.float32))[:, None].repeat(SIZE, axis=1)
    grey = developed(signal, (1.0, 4.0), replace(TECHNIQUE, enhancement=0.0))
    assert np.all(np.diff(grey[:, 0]) >= 0)
    assert grey[0, 0] < 0.1 < 0.9 < grey[-1, 0]


@pytest.mark.parametrize("portable", [False, True])
@pytest.mark.parametrize("age_years", [3, 30, 80])
def test_lungs_are_dark_and_the_middle_is_bright_by_hand(age_years: float, portable: bool) -> None:
    who, pose = patient(age_years=age_years, portable=portable)
    body = trunk(who, frame(who, pose))
    pixels = taken(who, pose).pixels
    lungs, solid = pixels[body.lung > 0.8 * body.lung.max()], pixels[body.soft > 0.9 * body.soft.max()]
    assert lungs.mean() + 60 < solid.mean()


@pytest.mark.parametrize("number", range(1, 7))
def test_grey_values_are_spread_as_on_a_film_by_hand(number: int) -> None:
    pixels = taken(*patient(number)).pixels
    assert 90 < pixels.mean() < 190
    assert 45 < pixels.std() < 100


def test_an_opacity_brightens_its_place_against_itself() -> None:
    who, pose = patient()
    well, ill = taken(who, pose), taken(who, pose, FOCUS)
    box = ill.boxes[0]
    inside = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
    change = ill.pixels.astype(int) - well.pixels.astype(int)
    other_lung = change[:, SIZE // 2 + SIZE // 16 :]
    assert change[inside].mean() > 15
    assert abs(other_lung.mean()) < 5


def test_the_box_lies_around_the_focus_by_hand() -> None:
    who, pose = patient()
    (box,) = taken(who, pose, FOCUS).boxes
    column, row = frame(who, pose).film((-0.55 * who.half_width, 0.45 * (who.height - pose.breath)), SIZE)
    assert box.x < column < box.x + box.width
    assert box.y < row < box.y + box.height


def test_disease_in_both_lungs_has_two_boxes_by_hand() -> None:
    assert len(taken(*patient(), FOCUS, replace(FOCUS, side=1, across=0.7)).boxes) == 2


def test_conspicuity_rises_with_density_and_is_zero_in_health_by_hand() -> None:
    who, pose = patient()
    shown = [
        taken(who, pose, *foci).conspicuity
        for foci in [(), *((replace(FOCUS, density=density),) for density in (0.1, 0.3, 0.9))]
    ]
    assert shown[0] == 0
    assert shown == sorted(set(shown))


def test_disease_behind_the_heart_is_harder_to_see_by_hand() -> None:
    who, pose = patient()
    behind = replace(FOCUS, side=1, across=0.25, down=0.85)
    assert taken(who, pose, behind).conspicuity < 0.7 * taken(who, pose, FOCUS).conspicuity


def test_a_lower_exposure_is_noisier_by_hand() -> None:
    who, pose = patient()
    clean = taken(who, pose, photons=1e12).pixels.astype(float)
    noise = [np.std(taken(who, pose, photons=photons).pixels - clean) for photons in (1e4, 1e5)]
    assert noise[0] > 2 * noise[1]


def test_the_word_is_burnt_in_alike_against_itself() -> None:
    corners = [taken(*patient(number)).pixels[:BURN_IN_HEIGHT, :BURN_IN_WIDTH] for number in (1, 2, 3)]
    assert all(np.array_equal(corner, corners[0]) for corner in corners)
    assert set(np.unique(corners[0])) == {0, 255}


def test_the_burnt_in_word_is_phantom_against_pillow() -> None:
    bright = taken(*patient()).pixels[:BURN_IN_HEIGHT, :BURN_IN_WIDTH] == 255
    mask = ImageFont.load_default_imagefont().getmask("PHANTOM")
    word = np.array(mask, dtype=bool).reshape(mask.size[::-1])
    np.testing.assert_array_equal(bright[2 : 2 + word.shape[0], 3 : 3 + word.shape[1]], word)
