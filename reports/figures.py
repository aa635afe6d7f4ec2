"""The figures of a report other than the forest plot, all on one canvas and in one palette.

Owns what each figure shows and its description in words. Colours differ in lightness, so that they are told
apart in grey and by the colour-blind; the means are in `drawing`.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from reports import formatting
from reports.device import Epoch
from reports.drawing import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    PALE_BLUE,
    RULE,
    SOFT,
    WIDTH,
    Canvas,
    Drawing,
    lozenge,
)
from reports.listing import Roc, Scores
from reports.wording import Words
from validation.results import Estimate

HALF_WIDTH, HALF_HEIGHT = 238.0, 222.0
PANEL_LEFT, PANEL_TOP, PANEL, PANEL_WIDTH = 30.0, 22.0, 170.0, 206.0
DASHES = (0, (3.2, 2.2))
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)

BINS_PER_LOGIT = 4
SCORE_TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
LOWEST_LOGIT, HIGHEST_LOGIT = -37, 37
MOST_IMAGES_APART = 9
NARROWEST = 72.0
LETTER = 4.6


def roc_figure(curve: Roc, sensitivity: Estimate, specificity: Estimate, words: Words) -> Drawing:
    """The empirical ROC curve with the operating point and the box of its two deciding intervals."""
    canvas = Canvas("roc", HALF_HEIGHT, width=HALF_WIDTH)
    panel = canvas.panel(PANEL_LEFT, PANEL_TOP, PANEL, PANEL, x=(0, 1), y=(0, 1))
    for quarter in QUARTERS:
        panel.axvline(quarter, color=RULE, linewidth=0.5, clip_on=False)
        panel.axhline(quarter, color=RULE, linewidth=0.5, clip_on=False)
        x, bottom = canvas.place(panel, quarter, 0)
        _, y = canvas.place(panel, 0, quarter)
        canvas.label(x, bottom + 11, formatting.decimal(quarter, 2), "middle", "soft")
        canvas.label(PANEL_LEFT - 5, y + 2.7, formatting.decimal(quarter, 2), "end", "soft")
    panel.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8, linestyle=DASHES)
    panel.plot(
        curve.false_positive_rate,
        curve.true_positive_rate,
        color=BLUE,
        linewidth=1.4,
        solid_joinstyle="round",
    )
    canvas.label(0, PANEL_TOP - 9, words.metric("sensitivity"), tone="ink")
    canvas.label(
        PANEL_LEFT + PANEL / 2,
        HALF_HEIGHT - 5,
        f"1 − {words.within(words.metric('specificity'))}",
        "middle",
        "ink",
    )
    told = f"ROC curve with area {formatting.decimal(curve.area)}."
    if sensitivity.value is not None and specificity.value is not None:
        _operating_point(panel, sensitivity, specificity)
        told += (
            f" Operating point: {words.within(words.metric('sensitivity'))} {formatting.decimal(sensitivity.value)}, "
            f"{words.within(words.metric('specificity'))} {formatting.decimal(specificity.value)}."
        )
    return canvas.finish(told)


def _operating_point(panel: Axes, sensitivity: Estimate, specificity: Estimate) -> None:
    if sensitivity.value is None or specificity.value is None:
        return
    x, y = 1 - specificity.value, sensitivity.value
    if sensitivity.decision is not None and specificity.decision is not None:
        (bottom, top), (right, left) = sensitivity.decision, (1 - bound for bound in specificity.decision)
        panel.fill(
            [left, right, right, left],
            [bottom, bottom, top, top],
            facecolor=PALE_BLUE,
            alpha=0.55,
            edgecolor="none",
        )
        panel.plot([left, right], [y, y], color=INK, linewidth=0.8)
        panel.plot([x, x], [bottom, top], color=INK, linewidth=0.8)
    lozenge(panel, x, y)


def score_figure(scores: Scores, threshold: float, words: Words) -> Drawing | None:
    """Scores by truth on a logit scale, mirrored: positives upwards, negatives downwards, as shares of their class.

    None where no unit has both a truth and a score.
    """
    everything = np.concatenate([scores.positive, scores.negative])
    if not len(everything):
        return None
    low, high = _logit_limits(everything, threshold)
    edges = [_expit(number / BINS_PER_LOGIT) for number in range(low, high + 1)]
    shares = [_shares(part, edges) for part in (scores.positive, scores.negative)]
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
        canvas.label(PANEL_LEFT - 5, y + 2.7, f"{round(100 * abs(level))}", "end", "soft")
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
            if x - LETTER * len(name) / 2 > taken:
                canvas.label(x, y + 11, name, "middle", "soft")
                taken = x + LETTER * (len(name) / 2 + 1)
    canvas.label(0, PANEL_TOP - 9, "% of class", tone="ink")
    canvas.label(PANEL_LEFT + PANEL_WIDTH / 2, HALF_HEIGHT - 5, "Score (logit scale)", "middle", "ink")
    side: tuple[float, str] = (
        (PANEL_LEFT + PANEL_WIDTH - 4, "end") if at - low < high - at else (PANEL_LEFT + 4, "start")
    )
    for y, word, part in (
        (PANEL_TOP + 11, "positive", scores.positive),
        (PANEL_TOP + PANEL - 6, "negative", scores.negative),
    ):
        text = f"{words.truth} {word}, n = {formatting.count(len(part))}"
        canvas.label(side[0], y, text, "end" if side[1] == "end" else "start", "strong")
    return canvas.finish(
        f"Scores of {formatting.count(len(scores.positive))} {words.truth.lower()} positive and "
        f"{formatting.count(len(scores.negative))} {words.truth.lower()} negative {words.units}, "
        f"with the threshold {formatting.stated(threshold)}."
    )


def _shares(scores: NDArray[np.float64], edges: Sequence[float]) -> NDArray[np.float64]:
    """Share of a class in each bin; what lies outside the outer edges counts in the outer bins."""
    below = np.searchsorted(scores, edges[1:-1])
    counts = np.diff(np.concatenate([[0], below, [len(scores)]]))
    return counts / max(1, len(scores))


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


def images_per_patient_figure(patients_by_images: Mapping[str, int]) -> Drawing:
    """How many patients have one image, two, three and so on; ten and more in one bar."""
    counts = {int(images): patients for images, patients in patients_by_images.items()}
    bars = [(str(images), counts.get(images, 0)) for images in range(1, MOST_IMAGES_APART + 1)]
    more = sum(patients for images, patients in counts.items() if images > MOST_IMAGES_APART)
    if more:
        bars.append((f"{MOST_IMAGES_APART + 1} or more", more))
    else:
        bars = bars[: max(counts)]
    height, left, top, body = 112.0, 0.0, 14.0, 68.0
    width = min(WIDTH, 49.2 * len(bars))
    canvas = Canvas("images-per-patient", height)
    highest = max(patients for _, patients in bars)
    panel = canvas.panel(left, top, width, body, x=(0, len(bars)), y=(0, highest))
    for position, (name, patients) in enumerate(bars):
        middle = position + 0.5
        panel.bar(middle, patients, width=0.62, color=BLUE)
        x, y = canvas.place(panel, middle, patients)
        canvas.label(x, y - 4, formatting.count(patients), "middle", "ink")
        canvas.label(x, top + body + 11, name, "middle", "soft")
    panel.plot([0, len(bars)], [0, 0], color=FAINT, linewidth=0.8, clip_on=False)
    canvas.label(max(width / 2, NARROWEST / 2), height - 6, "Images of a patient", "middle", "ink")
    told = ", ".join(f"{name}: {formatting.count(patients)}" for name, patients in bars)
    return canvas.finish(f"Number of patients by number of images. {told}.")


def training_figure(history: Sequence[Epoch], best_epoch: int) -> Drawing:
    """Loss and AUROC after each epoch, the tuning split's loss and the mean of all findings dashed; the kept marked."""
    height, top, body, width = 128.0, 22.0, 78.0, 206.0
    canvas = Canvas("training", height)
    epochs = [entry.epoch for entry in history]
    several = any(entry.tune_auroc_mean != entry.tune_auroc for entry in history)
    for left, title, values, others in (
        (
            30.0,
            "Loss: training split; dashed, tuning split",
            [entry.loss for entry in history],
            [entry.tune_loss for entry in history],
        ),
        (
            286.0,
            "AUROC, tuning split" + ("; dashed, mean of all findings" if several else ""),
            [entry.tune_auroc for entry in history],
            [entry.tune_auroc_mean for entry in history] if several else [],
        ),
    ):
        low, high = min(values + others), max(values + others)
        room = (high - low) * 0.1 or 0.05
        limits = (min(epochs) - 0.5, max(epochs) + 0.5)
        panel = canvas.panel(left, top, width, body, x=limits, y=(low - room, high + room))
        canvas.label(left - 30, top - 9, title, tone="ink")
        for value in dict.fromkeys((low, high)):
            panel.axhline(value, color=RULE, linewidth=0.5)
            _, y = canvas.place(panel, epochs[0], value)
            canvas.label(left - 5, y + 2.7, formatting.decimal(value, 2), "end", "soft")
        if others:
            panel.plot(epochs, others, color=SOFT, linewidth=1.0, linestyle=DASHES)
        panel.plot(epochs, values, color=BLUE, linewidth=1.3, marker="o", markersize=2.4)
        panel.plot([0, 1], [0, 0], transform=panel.transAxes, color=FAINT, linewidth=0.8, clip_on=False)
        lozenge(panel, best_epoch, values[epochs.index(best_epoch)])
        for epoch in sorted({epochs[0], best_epoch, epochs[-1]}):
            x, y = canvas.place(panel, epoch, low - room)
            canvas.label(x, y + 11, str(epoch), "middle", "soft")
        canvas.label(left + width / 2, height - 5, "Epoch", "middle", "ink")
    return canvas.finish(f"Training over {len(history)} epochs; epoch {best_epoch} was kept.")
