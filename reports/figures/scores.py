"""Scores by truth: the positives and the negatives of a cohort on both sides of the threshold.

Owns the histogram and its description in words; the scores are those of the line listing, the means are in `axes`.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.figures import axes
from reports.figures.canvas import BLUE, DASHES, ORANGE, PALE_BLUE, SOFT, Anchor, Canvas, Drawing
from reports.fonts.text_width import width
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import figure_data
from reports.run_files.line_listing import Scores

BOX = axes.SQUARE._replace(width=206.0)
BINS_PER_LOGIT = 4
STEPS = (0.02, 0.05, 0.1, 0.2, 0.5)
MOST_STEPS = 3  # to either side of 0
LOWEST_LOGIT, HIGHEST_LOGIT = -37, 37
EDGE_PLACES = 6
ROOM = 4.6


@dataclass(frozen=True, slots=True)
class Histogram:
    """Scores counted in bins of a logit scale, in bins from ``low`` to ``high``; positives first."""

    low: int
    high: int
    counts: tuple[NDArray[np.int64], NDArray[np.int64]]

    @classmethod
    def of(cls, scores: Scores, threshold: float) -> "Histogram":
        """Count the scores of both classes, in bins that contain the threshold too."""
        low, high = _logit_limits(np.concatenate([scores.positive, scores.negative]), threshold)
        edges = _edges(low, high)
        return cls(low, high, (_counts(scores.positive, edges), _counts(scores.negative, edges)))

    @property
    def proportions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The proportion of its class in each bin."""
        positive, negative = self.counts
        return positive / max(1, positive.sum()), negative / max(1, negative.sum())

    @property
    def rows(self) -> list[tuple[float, float, int, int]]:
        """Both ends of each bin and both counts."""
        edges = [round(edge, EDGE_PLACES) for edge in _edges(self.low, self.high)]
        return [
            (*ends, int(up), int(down))
            for ends, up, down in zip(itertools.pairwise(edges), *self.counts, strict=True)
        ]


def score_figure(scores: Scores, threshold: float, words: Words) -> Drawing | None:
    """Draw scores by truth on a logit scale: positives upwards, negatives downwards, as proportions of a class.

    None where no unit has both a truth and a score.
    """
    if not len(scores.positive) + len(scores.negative):
        return None
    found = Histogram.of(scores, threshold)
    up, down = found.proportions
    most = max(float(up.max()), float(down.max()))
    half = axes.linear(0.0, most, most=MOST_STEPS, steps=STEPS, within=(0.0, math.inf))
    scale = axes.Scale(-half.high, half.high, half.step)
    canvas = Canvas("scores", axes.SQUARE_HEIGHT, width=axes.HALF_WIDTH)
    panel = axes.Panel(canvas, BOX, x=(found.low, found.high), y=scale.limits)
    panel.lines_across(
        [(tick, f"{round(100 * abs(tick))}") for tick in scale.ticks],
        ground=axes.GROUND,
        zorder=0,
        clip_on=True,
    )
    bins = np.arange(found.low, found.high)
    for bars, colour, edge, line in ((up, BLUE, "white", 0.3), (-down, PALE_BLUE, SOFT, 0.5)):
        panel.axes.bar(
            bins, bars, width=1, align="edge", color=colour, edgecolor=edge, linewidth=line, zorder=2
        )
    at = min(max(axes.logit(threshold) * BINS_PER_LOGIT, found.low), found.high)
    panel.axes.axvline(at, color=ORANGE, linewidth=0.9, linestyle=DASHES, zorder=3)
    x, _ = panel.place(at, 0)
    canvas.label(x, BOX.top - 4, f"threshold {formatting.stated(threshold)}", "middle", "goal")
    _ticks(panel, found)
    panel.title_up("% of class")
    panel.title_across("Score (logit scale)")
    _classes(panel, scores, words, (at - found.low) / (found.high - found.low))
    return canvas.finish(
        f"Scores of {formatting.count(len(scores.positive))} {words.truth.lower()} positive and "
        f"{formatting.count(len(scores.negative))} {words.truth.lower()} negative {words.units}, "
        f"with the threshold {formatting.stated(threshold)}.",
        figure_data(
            ("score_from", "score_to", "positives", "negatives"),
            found.rows,
            beside=(threshold, len(scores.positive), len(scores.negative)),
        ),
    )


def _ticks(panel: axes.Panel, found: Histogram) -> None:
    """Mark round scores, with their numbers where these do not touch."""
    taken = -math.inf
    for tick in axes.SCORES:
        at = round(axes.logit(tick) * BINS_PER_LOGIT, 6)
        if found.low <= at <= found.high:
            panel.notch(at, depth=0.012)
            name = formatting.stated(tick)
            x, half = panel.place(at, 0)[0], width(name) / 2
            if taken < x - half and x + half <= axes.HALF_WIDTH:
                panel.text_below(at, name)
                taken = x + half + ROOM


def _classes(panel: axes.Panel, scores: Scores, words: Words, threshold: float) -> None:
    """Name both classes on the wider side of the threshold, which is given as a proportion of the width."""
    right = threshold < 1 - threshold
    place: tuple[float, Anchor] = (BOX.right - 4, "end") if right else (BOX.left + 4, "start")
    room = max(threshold, 1 - threshold) * BOX.width - 8
    for y, word, part in (
        (BOX.top + 11, "positive", scores.positive),
        (BOX.bottom - 6, "negative", scores.negative),
    ):
        text = f"{words.truth} {word}, n = {formatting.count(len(part))}"
        if width(text, "strong") > room:
            text = f"{word}, n = {formatting.count(len(part))}"
        panel.canvas.label(place[0], y, text, place[1], "strong")


def _edges(low: int, high: int) -> list[float]:
    return [axes.expit(number / BINS_PER_LOGIT) for number in range(low, high + 1)]


def _counts(scores: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.int64]:
    """Count a class in each bin; what lies outside the outer edges counts in the outer bins."""
    below = np.searchsorted(scores, edges[1:-1])
    return np.diff(np.concatenate([[0], below, [len(scores)]])).astype(np.int64)


def _logit_limits(scores: NDArray[np.float64], threshold: float) -> tuple[int, int]:
    """Return the outer bins: those of the lowest and highest score or threshold, within 0.0001 and 0.9999."""
    ends = [axes.logit(float(value)) * BINS_PER_LOGIT for value in (scores.min(), scores.max(), threshold)]
    low = max(LOWEST_LOGIT, math.floor(round(min(ends), 6)))
    high = min(HIGHEST_LOGIT, math.ceil(round(max(ends), 6)))
    return (low, high) if high - low >= BINS_PER_LOGIT else (low - BINS_PER_LOGIT, high + BINS_PER_LOGIT)
