"""Scores by truth: where the positives and the negatives of a cohort lie, and how the threshold parts them.

Owns the histogram and its description in words; the scores are those of the line listing, the means are in `canvas`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reports.figures.canvas import BLUE, DASHES, FAINT, ORANGE, PALE_BLUE, RULE, SOFT, Canvas, Drawing
from reports.fonts.text_width import width as letters_width
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import figure_data
from reports.run_files.line_listing import Scores

HALF_WIDTH, HALF_HEIGHT = 238.0, 222.0
PANEL_LEFT, PANEL_TOP, PANEL, PANEL_WIDTH = 30.0, 22.0, 170.0, 206.0
BINS_PER_LOGIT = 4
SCORE_TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
LOWEST_LOGIT, HIGHEST_LOGIT = -37, 37
EDGE_PLACES = 6
ROOM = 4.6


def score_figure(scores: Scores, threshold: float, words: Words) -> Drawing | None:
    """Scores by truth on a logit scale, mirrored: positives upwards, negatives downwards, as shares of their class.

    None where no unit has both a truth and a score.
    """
    everything = np.concatenate([scores.positive, scores.negative])
    if not len(everything):
        return None
    low, high = _logit_limits(everything, threshold)
    edges = [_expit(number / BINS_PER_LOGIT) for number in range(low, high + 1)]
    counts = [_counts(part, edges) for part in (scores.positive, scores.negative)]
    shares = [count / max(1, count.sum()) for count in counts]
    top = max(float(part.max(initial=0)) for part in shares)
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 0.5) if top <= 3 * step or step == 0.5)
    limit = step * max(1, math.ceil(round(top / step, 6)))
    canvas = Canvas("scores", HALF_HEIGHT, width=HALF_WIDTH)
    panel = canvas.panel(PANEL_LEFT, PANEL_TOP, PANEL_WIDTH, PANEL, x=(low, high), y=(-limit, limit))
    for number in range(-round(limit / step), round(limit / step) + 1):
        level = number * step
        panel.axhline(
            level, color=FAINT if number == 0 else RULE, linewidth=0.8 if number == 0 else 0.5, zorder=0
        )
        _, y = canvas.place(panel, low, level)
        canvas.tick(PANEL_LEFT - 5, y + 2.7, f"{round(100 * abs(level))}", "end")
    left = np.arange(low, high)
    panel.bar(left, shares[0], width=1, align="edge", color=BLUE, edgecolor="white", linewidth=0.3, zorder=2)
    panel.bar(
        left, -shares[1], width=1, align="edge", color=PALE_BLUE, edgecolor=SOFT, linewidth=0.5, zorder=2
    )
    at = min(max(_logit(threshold) * BINS_PER_LOGIT, low), high)
    panel.axvline(at, color=ORANGE, linewidth=0.9, linestyle=DASHES, zorder=3)
    x, _ = canvas.place(panel, at, limit)
    canvas.label(x, PANEL_TOP - 9 + 5, f"threshold {formatting.stated(threshold)}", "middle", "goal")
    taken = -math.inf
    for tick in SCORE_TICKS:
        position = round(_logit(tick) * BINS_PER_LOGIT, 6)
        if low <= position <= high:
            x, y = canvas.place(panel, position, -limit)
            panel.plot(
                [position] * 2,
                [-limit, -limit - 0.012 * limit * 2],
                color=FAINT,
                linewidth=0.8,
                clip_on=False,
            )
            name = formatting.stated(tick)
            if taken < x - letters_width(name) / 2 and x + letters_width(name) / 2 <= HALF_WIDTH:
                canvas.tick(x, y + 11, name)
                taken = x + letters_width(name) / 2 + ROOM
    canvas.label(0, PANEL_TOP - 9, "% of class", tone="ink")
    canvas.label(PANEL_LEFT + PANEL_WIDTH / 2, HALF_HEIGHT - 5, "Score (logit scale)", "middle", "ink")
    side: tuple[float, str] = (
        (PANEL_LEFT + PANEL_WIDTH - 4, "end") if at - low < high - at else (PANEL_LEFT + 4, "start")
    )
    room = max(at - low, high - at) / (high - low) * PANEL_WIDTH - 8
    for y, word, part in (
        (PANEL_TOP + 11, "positive", scores.positive),
        (PANEL_TOP + PANEL - 6, "negative", scores.negative),
    ):
        text = f"{words.truth} {word}, n = {formatting.count(len(part))}"
        if letters_width(text, "strong") > room:
            text = f"{word}, n = {formatting.count(len(part))}"
        canvas.label(side[0], y, text, "end" if side[1] == "end" else "start", "strong")
    return canvas.finish(
        f"Scores of {formatting.count(len(scores.positive))} {words.truth.lower()} positive and "
        f"{formatting.count(len(scores.negative))} {words.truth.lower()} negative {words.units}, "
        f"with the threshold {formatting.stated(threshold)}.",
        figure_data(
            ("score_from", "score_to", "positives", "negatives"),
            [
                (round(edges[place], EDGE_PLACES), round(edges[place + 1], EDGE_PLACES), int(up), int(down))
                for place, (up, down) in enumerate(zip(*counts, strict=True))
            ],
            beside=(threshold, len(scores.positive), len(scores.negative)),
        ),
    )


def _counts(scores: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.int64]:
    """How many of a class are in each bin; what lies outside the outer edges counts in the outer bins."""
    below = np.searchsorted(scores, edges[1:-1])
    return np.diff(np.concatenate([[0], below, [len(scores)]])).astype(np.int64)


def _logit_limits(scores: NDArray[np.float64], threshold: float) -> tuple[int, int]:
    """The outer bins: those of the lowest and the highest score or the threshold, within 0.0001 and 0.9999."""
    ends = [_logit(float(value)) * BINS_PER_LOGIT for value in (scores.min(), scores.max(), threshold)]
    low = max(LOWEST_LOGIT, math.floor(round(min(ends), 6)))
    high = min(HIGHEST_LOGIT, math.ceil(round(max(ends), 6)))
    return (low, high) if high - low >= BINS_PER_LOGIT else (low - BINS_PER_LOGIT, high + BINS_PER_LOGIT)


def _logit(score: float) -> float:
    """Rounded, so that the last bit of the machine's logarithm does not matter; 0 and 1 lie far outside."""
    if not 0 < score < 1:
        return math.copysign(1000.0, score - 0.5)
    return round(math.log(score / (1 - score)), 9)


def _expit(logit: float) -> float:
    return round(1 / (1 + math.exp(-logit)), 12)
