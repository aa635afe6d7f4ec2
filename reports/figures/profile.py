"""The figures of a cohort's profile: which there are, and those of ages, pyramids and grey levels.

Owns what each shows and its description in words; the numbers are the profile's own, the means are in `axes`;
findings and their co-occurrence are `findings`'s.
Positives are dark, negatives pale with an edge, what is unknown is hatched or dotted: distinct in grey too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocols.cohorts.profile.profile_parts import CLASSES, NEGATIVE, POSITIVE, UNKNOWN, Look
from protocols.cohorts.profile.profile_record import Profile
from reports.figures import axes
from reports.figures.canvas import BLUE, FAINT, PALE_BLUE, SOFT, WIDTH, Anchor, Canvas, Drawing
from reports.figures.findings import co_occurrence_figure, findings_figure
from reports.figures.roc_and_training import images_per_patient_figure
from reports.fonts.text_width import width
from reports.language import formatting
from reports.number_check.figure_data import figure_data

HEIGHT = 166.0
HALF, WHOLE = axes.Box(32.0, 34.0, 198.0, 104.0), axes.Box(32.0, 34.0, WIDTH - 32.0, 104.0)
SIDES = (axes.Box(4.0, 34.0, 99.0, 104.0), axes.Box(135.0, 34.0, 99.0, 104.0))  # of a pyramid
SPINE = axes.HALF_WIDTH / 2
FINEST, MOST_STEPS = 0.005, 4
FILLS: Mapping[str, dict[str, Any]] = {
    POSITIVE: {"facecolor": BLUE, "edgecolor": BLUE, "linewidth": 0.5},
    NEGATIVE: {"facecolor": PALE_BLUE, "edgecolor": SOFT, "linewidth": 0.5},
    UNKNOWN: {"facecolor": "white", "edgecolor": FAINT, "linewidth": 0.5, "hatch": "////"},
}
LINES: Mapping[str, dict[str, Any]] = {
    POSITIVE: {"color": BLUE, "linewidth": 1.5},
    NEGATIVE: {"color": SOFT, "linewidth": 1.1, "linestyle": (0, (3.2, 1.6))},
    UNKNOWN: {"color": FAINT, "linewidth": 1.0, "linestyle": (0, (1, 1.4))},
}
GREY_SCALE = "Grey level, 0 black to 255 white"


@dataclass(frozen=True, slots=True)
class ProfileFigures:
    """All figures of one profile; None where it has nothing to draw."""

    findings: Drawing | None
    co_occurrence: Drawing | None
    images_a_patient: Drawing
    ages: Drawing | None
    by_sex: Drawing | None
    by_view: Drawing | None
    grey_levels: Drawing | None
    means: Drawing | None
    deviations: Drawing | None


def profile_figures(profile: Profile) -> ProfileFigures:
    """Draw every figure; to be called in the `house_style`."""
    found = profile.pictures.looks if profile.pictures else {}
    looks = {name: found[name] for name in _shown(found)}
    return ProfileFigures(
        findings=findings_figure(profile),
        co_occurrence=co_occurrence_figure(profile),
        images_a_patient=images_per_patient_figure(
            profile.images_a_patient, name="profile-images-per-patient"
        ),
        ages=_ages(profile),
        by_sex=_pyramid(profile, "sex", profile.ages.by_sex, {"F": "Female", "M": "Male"}),
        by_view=_pyramid(profile, "view", profile.ages.by_view, {"PA": "PA", "AP": "AP"}),
        grey_levels=_grey_levels(looks),
        means=_distribution(looks, "means", "Mean grey level of a picture", 8),
        deviations=_distribution(looks, "deviations", "Standard deviation within a picture", 4),
    )


def _ages(profile: Profile) -> Drawing | None:
    """Draw the proportion of each class in bins of ten years; positives and negatives side by side."""
    ages = profile.ages
    shown = _shown([name for name in CLASSES if sum(ages.bins[name])])
    if not shown:
        return None
    last = max(place for name in shown for place, number in enumerate(ages.bins[name]) if number)
    names = [_bin(ages.first_years, place) for place in range(last + 1)]
    counts = {name: ages.bins[name][: last + 1] for name in shown}
    totals = {name: sum(ages.bins[name]) for name in shown}
    proportions = {name: [number / totals[name] for number in counts[name]] for name in shown}
    canvas = Canvas("profile-ages", HEIGHT)
    panel = _panel(canvas, WHOLE, (0, last + 1), proportions.values(), "% of class")
    thick = 0.8 / len(shown)
    for number, name in enumerate(shown):
        left = [place + 0.1 + thick * number for place in range(last + 1)]
        panel.axes.bar(left, proportions[name], width=thick, align="edge", **FILLS[name])
    for place, name in enumerate(names):
        panel.text_below(place + 0.5, name)
    _legend(canvas, totals, filled=True)
    panel.title_across("Age in years")
    rows = [(name, bin_, number) for name in shown for bin_, number in zip(names, counts[name], strict=True)]
    in_words = [
        f"{name}: " + ", ".join(f"{bin_} {number}" for bin_, number in zip(names, counts[name], strict=True))
        for name in shown
    ]
    return canvas.finish(
        axes.description("Images by age in bins of ten years and by class.", in_words),
        figure_data(("class", "age_years", "images"), rows, beside=list(totals.values())),
    )


def _pyramid(
    profile: Profile,
    column: str,
    by_level: Mapping[str, Mapping[str, Sequence[int]]],
    titles: Mapping[str, str],
) -> Drawing | None:
    """Draw images by age, one level to the left and one to the right, classes stacked outwards.

    Args:
        profile: of a cohort.
        column: whose levels they are.
        by_level: level -> class -> images in each bin of ages.
        titles: the level to the left and that to the right, with their names.
    """
    ages = range(len(profile.ages.first_years))
    totals = {
        level: [sum(by_level[level][name][place] for name in CLASSES) for place in ages] for level in titles
    }
    if not any(map(any, totals.values())):
        return None
    last = max(place for numbers in totals.values() for place, number in enumerate(numbers) if number)
    highest = max(map(max, totals.values()))
    shown = [name for name in CLASSES if any(any(by_level[level][name]) for level in titles)]
    names = [_bin(profile.ages.first_years, place) for place in range(last + 1)]
    canvas = Canvas(f"profile-{column}", HEIGHT, width=axes.HALF_WIDTH)
    for side, (level, title) in enumerate(titles.items()):
        limits = (0, highest) if side else (highest, 0)
        panel = axes.Panel(canvas, SIDES[side], x=limits, y=(-0.5, last + 0.5))
        _half_pyramid(
            panel,
            {name: by_level[level][name][: last + 1] for name in shown},
            f"{title}, n = {formatting.count(sum(sum(by_level[level][name]) for name in CLASSES))}",
            highest,
            names if side else (),
        )
    _legend(canvas, dict.fromkeys(shown), filled=True)
    canvas.label(SPINE, HEIGHT - 5, "Images by age in years", "middle")
    in_words = [
        f"{title}: " + ", ".join(f"{name} {sum(by_level[level][name])}" for name in shown)
        for level, title in titles.items()
    ]
    rows = [
        (level, name, bin_, number)
        for level in titles
        for name in shown
        for bin_, number in zip(names, by_level[level][name], strict=False)
    ]
    return canvas.finish(
        axes.description(f"Images by age and {column}, with a known age.", in_words),
        figure_data((column, "class", "age_years", "images"), rows, beside=list(map(sum, totals.values()))),
    )


def _half_pyramid(
    panel: axes.Panel, images: Mapping[str, Sequence[int]], title: str, highest: int, names: Sequence[str]
) -> None:
    """Draw the bars of one level outwards, its title, the ages on the spine and the ends of its scale."""
    inner, _ = panel.place(0, 0)
    outer, _ = panel.place(highest, 0)
    to_spine: Anchor = "end" if outer < inner else "start"
    to_edge: Anchor = "start" if outer < inner else "end"
    panel.axes.axvline(0, color=FAINT, linewidth=0.8, clip_on=False)
    panel.canvas.label(inner, panel.box.top - 5, title, to_spine, "strong")
    for place, numbers in enumerate(zip(*images.values(), strict=True)):
        start = 0
        for name, number in zip(images, numbers, strict=True):
            panel.axes.barh(place, number, left=start, height=0.8, **FILLS[name])
            start += number
    for place, name in enumerate(names):
        _, y = panel.place(0, place)
        panel.canvas.tick(SPINE, y + axes.BELOW_MIDDLE, name)
    panel.canvas.tick(outer, panel.box.bottom + 11, formatting.count(highest), to_edge)
    panel.canvas.tick(inner, panel.box.bottom + 11, "0", to_spine)


def _grey_levels(looks: Mapping[str, Look]) -> Drawing | None:
    """Draw the mean histogram of the images of each class."""
    if not looks:
        return None
    canvas = Canvas("profile-grey", HEIGHT)
    box = WHOLE._replace(width=WHOLE.width - 12)
    panel = _panel(canvas, box, (0, 256), [look.histogram for look in looks.values()], "% of pixels")
    for name, look in looks.items():
        _outline(panel, name, look.histogram, 256 / len(look.histogram))
    for level in (0, 64, 128, 192, 255):
        panel.text_below(level, str(level))
    _legend(canvas, {name: look.pictures for name, look in looks.items()}, filled=False)
    panel.title_across(GREY_SCALE)
    rows = [
        (name, round(place * 256 / len(look.histogram)), float(proportion))
        for name, look in looks.items()
        for place, proportion in enumerate(look.histogram)
    ]
    return canvas.finish(
        axes.description(
            "Mean histogram of grey levels by class.",
            [
                f"{name}: mean grey level {formatting.decimal(look.means.mean, 1)}"
                for name, look in looks.items()
            ],
        ),
        figure_data(
            ("class", "grey_level_from", "share_of_pixels"),
            rows,
            beside=(GREY_SCALE, *(look.pictures for look in looks.values())),
        ),
    )


def _distribution(looks: Mapping[str, Look], kind: str, title: str, wide: int) -> Drawing | None:
    """Draw the proportion of a class's images in each bin of their means or deviations, ``wide`` grey levels each."""
    if not looks:
        return None
    means = kind == "means"
    bins = {name: look.mean_bins if means else look.deviation_bins for name, look in looks.items()}
    spreads = {name: look.means if means else look.deviations for name, look in looks.items()}
    proportions = {one: [number / sum(numbers) for number in numbers] for one, numbers in bins.items()}
    end = wide * len(next(iter(bins.values())))
    canvas = Canvas(f"profile-{kind}", HEIGHT, width=axes.HALF_WIDTH)
    panel = _panel(canvas, HALF, (0, end), proportions.values(), "% of pictures")
    for one, values in proportions.items():
        _outline(panel, one, values, wide)
    for level in range(0, end + 1, end // 4):
        panel.text_below(level, str(level))
    _legend(canvas, dict.fromkeys(bins), filled=False)
    panel.title_across(title)
    rows = [
        (one, place * wide, (place + 1) * wide, number)
        for one, numbers in bins.items()
        for place, number in enumerate(numbers)
    ]
    return canvas.finish(
        axes.description(
            f"{title}, by class.",
            [f"{name}: median {formatting.decimal(spread.median, 1)}" for name, spread in spreads.items()],
        ),
        figure_data(("class", "from", "to", "pictures"), rows),
    )


def _panel(
    canvas: Canvas, box: axes.Box, across: tuple[float, float], heights: Iterable[Iterable[float]], title: str
) -> axes.Panel:
    """Return a panel from 0 per cent to the first tick at or above the highest proportion, with a grid."""
    highest = max(max(values) for values in heights)
    steps = axes.STEPS[axes.STEPS.index(FINEST) :]
    up = axes.linear(0.0, highest, most=MOST_STEPS, steps=steps, within=(0.0, 1.0))
    panel = axes.Panel(canvas, box, x=across, y=up.limits)
    panel.lines_across([(tick, f"{100 * tick:g}") for tick in up.ticks], ground=axes.GROUND, zorder=0)
    panel.title_up(title)
    return panel


def _outline(panel: axes.Panel, name: str, values: Sequence[float], wide: float) -> None:
    edges = [place * wide for place in range(len(values) + 1)]
    panel.axes.stairs(values, edges, baseline=None, **LINES[name])


def _shown(there: Iterable[str]) -> list[str]:
    """Return the classes to compare: those that are there, but the unknown only where it is alone."""
    found = [name for name in CLASSES if name in set(there)]
    return [name for name in found if name != UNKNOWN] or found


def _legend(canvas: Canvas, classes: Mapping[str, int | None], *, filled: bool) -> None:
    """Draw a row of samples with the names of the classes and, where given, their numbers, at the top."""
    panel = canvas.panel(0, 0, axes.HALF_WIDTH, 12, x=(0, axes.HALF_WIDTH), y=(12, 0))
    x = 0.0
    for name, number in classes.items():
        if filled:
            axes.rectangle(panel, (x, x + 9), (2, 9), **FILLS[name])
        else:
            panel.plot([x, x + 13], [5.5, 5.5], **LINES[name])
        text = name if number is None else f"{name}, n = {formatting.count(number)}"
        canvas.label(x + (12 if filled else 16), 8.4, text, tone="ink")
        x += (12 if filled else 16) + width(text) + 12


def _bin(first_years: Sequence[int], place: int) -> str:
    first = first_years[place]
    return f"{first}–{first + 9}" if place + 1 < len(first_years) else f"{first}+"
