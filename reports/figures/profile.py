"""The figures of a cohort's profile: which there are, and those of ages, pyramids and grey levels.

Owns what each shows and its description in words; the numbers are the profile's own, the means are in `canvas`;
findings and their co-occurrence are `findings`'s.
Positives are dark, negatives pale with an edge, what is unknown is hatched or dotted: told apart in grey too.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from protocols.cohorts.profile.parts import CLASSES, NEGATIVE, POSITIVE, UNKNOWN, Look
from protocols.cohorts.profile.record import Profile
from reports.figures.canvas import BLUE, FAINT, PALE_BLUE, RULE, SOFT, WIDTH, Canvas, Drawing
from reports.figures.findings import co_occurrence_figure, findings_figure
from reports.figures.roc_and_training import images_per_patient_figure
from reports.fonts.text_width import width as letters_width
from reports.language import formatting
from reports.number_check.figure_data import figure_data

HALF_WIDTH, HALF_HEIGHT = 238.0, 166.0
LEFT, TOP, BODY_WIDTH, BODY = 32.0, 34.0, 198.0, 104.0
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
MOST_STEPS = 4
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
        by_sex=_pyramid(profile, "sex", profile.ages.by_sex, ("F", "M"), ("Female", "Male")),
        by_view=_pyramid(profile, "view", profile.ages.by_view, ("PA", "AP"), ("PA", "AP")),
        grey_levels=_grey_levels(looks),
        means=_distribution(looks, "means", "Mean grey level of a picture", 8),
        deviations=_distribution(looks, "deviations", "Standard deviation within a picture", 4),
    )


def _ages(profile: Profile) -> Drawing | None:
    """Share of each class in bins of ten years; positives and negatives side by side."""
    ages = profile.ages
    shown = _shown([name for name in CLASSES if sum(ages.bins[name])])
    if not shown:
        return None
    last = max(place for name in shown for place, number in enumerate(ages.bins[name]) if number)
    shares = {
        name: [number / sum(ages.bins[name]) for number in ages.bins[name][: last + 1]] for name in shown
    }
    canvas = Canvas("profile-ages", HALF_HEIGHT)
    highest = max(max(values) for values in shares.values())
    panel = _panel(canvas, (0, last + 1), highest, "% of class", width=WIDTH - LEFT)
    width = 0.8 / len(shown)
    for number, name in enumerate(shown):
        left = [place + 0.1 + width * number for place in range(last + 1)]
        panel.bar(left, shares[name], width=width, align="edge", **FILLS[name])
    for place in range(last + 1):
        x, y = canvas.place(panel, place + 0.5, 0)
        canvas.tick(x, y + 11, _bin(ages.first_years, place))
    _legend(canvas, {name: sum(ages.bins[name]) for name in shown}, filled=True)
    canvas.label(LEFT + (WIDTH - LEFT) / 2, HALF_HEIGHT - 5, "Age in years", "middle", "ink")
    told = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{_bin(ages.first_years, place)} {number}"
            for place, number in enumerate(ages.bins[name][: last + 1])
        )
        for name in shown
    )
    rows = [
        (name, _bin(ages.first_years, place), number)
        for name in shown
        for place, number in enumerate(ages.bins[name][: last + 1])
    ]
    return canvas.finish(
        f"Images by age in bins of ten years and by class. {told}.",
        figure_data(("class", "age_years", "images"), rows, beside=[sum(ages.bins[name]) for name in shown]),
    )


def _pyramid(
    profile: Profile,
    column: str,
    by_level: Mapping[str, Mapping[str, Sequence[int]]],
    sides: tuple[str, str],
    titles: tuple[str, str],
) -> Drawing | None:
    """Images by age, one level to the left and one to the right, classes stacked outwards."""
    totals = [
        [
            sum(by_level[side][name][place] for name in CLASSES)
            for place in range(len(profile.ages.first_years))
        ]
        for side in sides
    ]
    if not any(map(sum, totals)):
        return None
    last = max(place for side in totals for place, number in enumerate(side) if number)
    highest = max(map(max, totals))
    canvas = Canvas(f"profile-{column}", HALF_HEIGHT, width=HALF_WIDTH)
    half = 99.0
    middle = HALF_WIDTH / 2
    shown = [name for name in CLASSES if any(sum(by_level[side][name]) for side in sides)]
    for side, title, left, limits, anchor in (
        (sides[0], titles[0], middle - 16 - half, (highest, 0), "end"),
        (sides[1], titles[1], middle + 16, (0, highest), "start"),
    ):
        panel = canvas.panel(left, TOP, half, BODY, x=limits, y=(-0.5, last + 0.5))
        inner = left + half if anchor == "end" else left
        panel.axvline(0, color=FAINT, linewidth=0.8, clip_on=False)
        total = sum(sum(by_level[side][name]) for name in CLASSES)
        canvas.label(
            inner,
            TOP - 5,
            f"{title}, n = {formatting.count(total)}",
            "end" if anchor == "end" else "start",
            "strong",
        )
        for place in range(last + 1):
            start = 0
            for name in shown:
                number = by_level[side][name][place]
                panel.barh(place, number, left=start, height=0.8, **FILLS[name])
                start += number
            if anchor == "start":
                _, y = canvas.place(panel, 0, place)
                canvas.tick(middle, y + 2.7, _bin(profile.ages.first_years, place))
        outer, _ = canvas.place(panel, highest, 0)
        canvas.tick(outer, TOP + BODY + 11, formatting.count(highest), "start" if anchor == "end" else "end")
        canvas.tick(inner, TOP + BODY + 11, "0", "end" if anchor == "end" else "start")
    _legend(canvas, dict.fromkeys(shown), filled=True)
    canvas.label(middle, HALF_HEIGHT - 5, "Images by age in years", "middle", "ink")
    told = "; ".join(
        f"{title}: " + ", ".join(f"{name} {sum(by_level[side][name])}" for name in shown)
        for side, title in zip(sides, titles, strict=True)
    )
    rows = [
        (side, name, _bin(profile.ages.first_years, place), by_level[side][name][place])
        for side in sides
        for name in shown
        for place in range(last + 1)
    ]
    return canvas.finish(
        f"Images by age and {column}, with a known age. {told}.",
        figure_data((column, "class", "age_years", "images"), rows, beside=list(map(sum, totals))),
    )


def _grey_levels(looks: Mapping[str, Look]) -> Drawing | None:
    """Mean histogram of the pictures of each class."""
    if not looks:
        return None
    canvas = Canvas("profile-grey", HALF_HEIGHT)
    highest = max(max(look.histogram) for look in looks.values())
    body_width = WIDTH - LEFT - 12
    panel = _panel(canvas, (0, 256), highest, "% of pixels", width=body_width)
    for name, look in looks.items():
        width = 256 / len(look.histogram)
        edges = [place * width for place in range(len(look.histogram) + 1)]
        panel.stairs(look.histogram, edges, baseline=None, **LINES[name])
    for level in (0, 64, 128, 192, 255):
        x, y = canvas.place(panel, level, 0)
        canvas.tick(x, y + 11, str(level))
    _legend(canvas, {name: look.pictures for name, look in looks.items()}, filled=False)
    canvas.label(LEFT + body_width / 2, HALF_HEIGHT - 5, GREY_SCALE, "middle", "ink")
    told = "; ".join(
        f"{name}: mean grey level {formatting.decimal(look.means.mean, 1)}" for name, look in looks.items()
    )
    rows = [
        (name, round(place * 256 / len(look.histogram)), float(share))
        for name, look in looks.items()
        for place, share in enumerate(look.histogram)
    ]
    return canvas.finish(
        f"Mean histogram of grey levels by class. {told}.",
        figure_data(
            ("class", "grey_level_from", "share_of_pixels"),
            rows,
            beside=(GREY_SCALE, *(look.pictures for look in looks.values())),
        ),
    )


def _distribution(looks: Mapping[str, Look], kind: str, title: str, width: int) -> Drawing | None:
    """Share of the pictures of a class in each bin of their means or deviations."""
    if not looks:
        return None
    bins = {name: look.mean_bins if kind == "means" else look.deviation_bins for name, look in looks.items()}
    shares = {name: [number / sum(values) for number in values] for name, values in bins.items()}
    end = width * len(next(iter(bins.values())))
    canvas = Canvas(f"profile-{kind}", HALF_HEIGHT, width=HALF_WIDTH)
    panel = _panel(canvas, (0, end), max(max(values) for values in shares.values()), "% of pictures")
    for name, values in shares.items():
        panel.stairs(
            values, [place * width for place in range(len(values) + 1)], baseline=None, **LINES[name]
        )
    for level in range(0, end + 1, end // 4):
        x, y = canvas.place(panel, level, 0)
        canvas.tick(x, y + 11, str(level))
    _legend(canvas, dict.fromkeys(looks), filled=False)
    canvas.label(LEFT + BODY_WIDTH / 2, HALF_HEIGHT - 5, title, "middle", "ink")
    spreads = {name: look.means if kind == "means" else look.deviations for name, look in looks.items()}
    told = "; ".join(
        f"{name}: median {formatting.decimal(spread.median, 1)}" for name, spread in spreads.items()
    )
    rows = [
        (name, place * width, (place + 1) * width, number)
        for name, values in bins.items()
        for place, number in enumerate(values)
    ]
    return canvas.finish(
        f"{title}, by class. {told}.", figure_data(("class", "from", "to", "pictures"), rows)
    )


def _shown(there: Iterable[str]) -> list[str]:
    """The classes to compare: those that are there, but the unknown only where it is alone."""
    found = [name for name in CLASSES if name in set(there)]
    return [name for name in found if name != UNKNOWN] or found


def _panel(
    canvas: Canvas, across: tuple[float, float], highest: float, title: str, *, width: float = BODY_WIDTH
) -> Axes:
    """Axes from 0 per cent to the first tick at or above the highest share, with a grid."""
    step = next((step for step in STEPS if highest <= MOST_STEPS * step), STEPS[-1])
    limit = step * max(1, math.ceil(round(highest / step, 6)))
    panel = canvas.panel(LEFT, TOP, width, BODY, x=across, y=(0, limit))
    for number in range(round(limit / step) + 1):
        panel.axhline(
            number * step,
            color=FAINT if number == 0 else RULE,
            linewidth=0.8 if number == 0 else 0.5,
            zorder=0,
            clip_on=False,
        )
        _, y = canvas.place(panel, across[0], number * step)
        canvas.tick(LEFT - 5, y + 2.7, f"{100 * number * step:g}", "end")
    canvas.label(0, TOP - 9, title, tone="ink")
    return panel


def _legend(canvas: Canvas, classes: Mapping[str, int | None], *, filled: bool) -> None:
    """A row of samples with the names of the classes and, where given, their numbers, at the top."""
    panel = canvas.panel(0, 0, HALF_WIDTH, 12, x=(0, HALF_WIDTH), y=(12, 0))
    x = 0.0
    for name, number in classes.items():
        if filled:
            panel.fill([x, x + 9, x + 9, x], [2, 2, 9, 9], **FILLS[name])
        else:
            panel.plot([x, x + 13], [5.5, 5.5], **LINES[name])
        text = name if number is None else f"{name}, n = {formatting.count(number)}"
        canvas.label(x + (12 if filled else 16), 8.4, text, tone="ink")
        x += (12 if filled else 16) + letters_width(text) + 12


def _bin(first_years: Sequence[int], place: int) -> str:
    first = first_years[place]
    return f"{first}–{first + 9}" if place + 1 < len(first_years) else f"{first}+"
