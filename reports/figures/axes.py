"""Common parts of figures: scales and their ticks, panels with a grid, legends, descriptions in words.

Owns the axes of every figure, so that a figure is its data and its description. Shapes and letters are `canvas`'s.
Logarithms are rounded, so that the last bit of a machine's logarithm does not matter.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from reports.figures.canvas import FAINT, RULE, Canvas
from reports.fonts.text_width import width
from reports.language import formatting

STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
SCORES = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)  # ticks of a logit scale
BEYOND = 1000.0  # where a logit scale puts 0 and 1, in logits

HALF_WIDTH, SQUARE_HEIGHT = 238.0, 222.0
ROW, FOOT = 13.2, 19.0  # of figures with a line of letters a row
BELOW_MIDDLE = 2.7  # from the middle of letters down to their baseline
ABOVE_BODY, BELOW_BODY, NOTCH = 7.0, 12.0, 3.0
_BELOW, _LEFT, _ABOVE, _BOTTOM = 11.0, 5.0, 9.0, 5.0  # of a panel, where its letters stand
_SAMPLE, _APART = 16.0, 18.0
GROUND: Mapping[str, Any] = {"color": FAINT, "linewidth": 0.8}


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale whose ends lie on the grid of its ticks."""

    low: float
    high: float
    step: float

    @property
    def limits(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high

    @property
    def ticks(self) -> tuple[float, ...]:
        """From the lowest to the highest."""
        steps = round((self.high - self.low) / self.step)
        return tuple(round(self.low + self.step * number, 9) for number in range(steps + 1))

    @property
    def named(self) -> tuple[tuple[float, str], ...]:
        """Each tick with its text, of as many decimals as the step has; at least one below 1."""
        places = 0 if self.step >= 1 else max(1, len(formatting.stated(self.step).partition(".")[2]))
        return tuple((tick, formatting.decimal(tick, places)) for tick in self.ticks)


QUARTERS = Scale(0.0, 1.0, 0.25)


def linear(
    low: float,
    high: float,
    *,
    most: int,
    steps: Sequence[float] = STEPS,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> Scale:
    """Return the finest scale that holds two numbers in a few steps; of one number a step to each side.

    Args:
        low, high: the lowest and the highest number to hold.
        most: how many steps at most, where one of ``steps`` allows it.
        steps: from fine to coarse.
        within: where the scale ends in any case.

    >>> linear(0.31, 0.92, most=5).ticks
    (0.2, 0.4, 0.6, 0.8, 1.0)
    >>> linear(1.0, 1.0, most=5, steps=(0.1, 0.2), within=(0, 1)).ticks
    (0.9, 1.0)
    """
    for step in steps:
        first, last = math.floor(round(low / step, 6)), math.ceil(round(high / step, 6))
        if last - first <= most:
            break
    if last == first:
        first, last = first - 1, last + 1
    return Scale(max(within[0], round(first * step, 9)), min(within[1], round(last * step, 9)), step)


def logit(score: float) -> float:
    """Return the logarithm of the odds of a score in [0, 1]; 0 and 1 lie at `BEYOND`."""
    if not 0 < score < 1:
        return math.copysign(BEYOND, score - 0.5)
    return round(math.log(score / (1 - score)), 9)


def expit(at: float) -> float:
    """Return the score in (0, 1) whose logit is given."""
    return round(1 / (1 + math.exp(-at)), 12)


class Box(NamedTuple):
    """Where a panel lies on its canvas, in points."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right end."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower end."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half-way across."""
        return self.left + self.width / 2


SQUARE = Box(30.0, 22.0, 170.0, 170.0)  # of a figure at half the width of a page


class Panel:
    """A panel of a figure: data are drawn on its ``axes``, ticks and titles around it."""

    def __init__(self, canvas: Canvas, box: Box, *, x: tuple[float, float], y: tuple[float, float]) -> None:
        self.canvas, self.box = canvas, box
        self.axes: Axes = canvas.panel(*box, x=x, y=y)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return where data coordinates lie on the canvas."""
        return self.canvas.place(self.axes, x, y)

    def lines_across(
        self, ticks: Iterable[tuple[float, str]], *, ground: Mapping[str, Any] | None = None, **style: Any
    ) -> None:
        """Draw a level line at each tick, its text to the left.

        Args:
            ticks: each with its text.
            ground: how the line at 0, where bars begin, differs.
            style: how all lines differ from the usual ones.
        """
        for tick, text in ticks:
            own = ground or {} if tick == 0 else {}
            self.axes.axhline(tick, **{"color": RULE, "linewidth": 0.5, "clip_on": False, **style, **own})
            _, y = self.place(0, tick)
            self.canvas.tick(self.box.left - _LEFT, y + BELOW_MIDDLE, text, "end")

    def lines_up(self, ticks: Iterable[tuple[float, str]], *, below: float = _BELOW) -> None:
        """Draw an upright line at each tick, its text below."""
        for tick, text in ticks:
            self.axes.axvline(tick, color=RULE, linewidth=0.5, clip_on=False)
            self.text_below(tick, text, below=below)

    def text_below(self, at: float, text: str, *, below: float = _BELOW) -> None:
        """Set what names a place on the scale that runs across."""
        x, _ = self.place(at, 0)
        self.canvas.tick(x, self.box.bottom + below, text)

    def baseline(self) -> None:
        """Draw the lower edge."""
        self.axes.plot(
            [0, 1], [0, 0], transform=self.axes.transAxes, color=FAINT, linewidth=0.8, clip_on=False
        )

    def notch(self, at: float, *, depth: float = 0.02) -> None:
        """Mark a place below the lower edge; the depth is a proportion of the panel's height."""
        low, high = self.axes.get_ylim()
        self.axes.plot([at] * 2, [low, low - depth * (high - low)], color=FAINT, linewidth=0.8, clip_on=False)

    def title_up(self, text: str) -> None:
        """Set the title of the upright scale, above it."""
        self.canvas.label(0, self.box.top - _ABOVE, text)

    def title_across(self, text: str) -> None:
        """Set the title of the scale that runs across, at the foot of the figure."""
        self.canvas.label(self.box.middle, self.canvas.height - _BOTTOM, text, "middle")


def rectangle(axes: Axes, x: tuple[float, float], y: tuple[float, float], **style: Any) -> None:
    """Fill a rectangle between two places of both scales."""
    axes.fill([x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]], **style)


def legend(
    canvas: Canvas, left: float, lines: Mapping[str, Mapping[str, Any]], *, step: float | None = None
) -> None:
    """Set a sample of each line with its name, in a row at the top of a figure; a step apart where one is given."""
    for name, style in lines.items():
        sample = canvas.panel(left, 6, _SAMPLE, 4, x=(0, 1), y=(-1, 1))
        sample.plot([0, 1], [0, 0], clip_on=False, **style)
        canvas.label(left + _SAMPLE + 5, 10.7, name)
        left += step or _SAMPLE + 5 + width(name) + _APART


def description(what: str, points: Iterable[str]) -> str:
    """Return a figure in words for readers who cannot see it: what it shows, then its points.

    >>> description("Images by age:", ["18–44 12", "65 and over 30"])
    'Images by age: 18–44 12; 65 and over 30.'
    """
    return f"{what} {'; '.join(points)}."
