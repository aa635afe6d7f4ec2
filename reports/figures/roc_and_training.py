"""Three plain figures: the ROC curve, patients by number of images, and the course of the training.

Owns what each shows and its description in words. Colours differ in lightness, so that they are told
apart in grey and by the colour-blind; the means are in `canvas`.
"""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from protocols.model_folder import Epoch
from reports.figures.canvas import (
    BLUE,
    DASHES,
    FAINT,
    INK,
    PALE_BLUE,
    RULE,
    SOFT,
    WIDTH,
    Canvas,
    Drawing,
    Tone,
    lozenge,
)
from reports.figures.figure_data import bounds, figure_data
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.run_files.line_listing import Roc
from validation.results.results import Estimate

HALF_WIDTH, HALF_HEIGHT = 238.0, 222.0
PANEL_LEFT, PANEL_TOP, PANEL = 30.0, 22.0, 170.0
TONES_IN_PANEL: tuple[Tone, ...] = ("ink", "soft", "soft")
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)

HALF = 0.5
MOST_IMAGES_APART = 9
NARROWEST = 72.0


def roc_figure(
    curve: Roc,
    sensitivity: Estimate,
    specificity: Estimate,
    words: Words,
    *,
    area: Estimate | None = None,
) -> Drawing:
    """The empirical ROC curve with the operating point and the box of its two deciding intervals.

    Args:
        curve: over all thresholds.
        sensitivity, specificity: at the operating point.
        words: the vocabulary of the run.
        area: the AUROC, whose counts and interval are then written into the panel.
    """
    canvas = Canvas("roc", HALF_HEIGHT, width=HALF_WIDTH)
    panel = canvas.panel(PANEL_LEFT, PANEL_TOP, PANEL, PANEL, x=(0, 1), y=(0, 1))
    for quarter in QUARTERS:
        panel.axvline(quarter, color=RULE, linewidth=0.5, clip_on=False)
        panel.axhline(quarter, color=RULE, linewidth=0.5, clip_on=False)
        x, bottom = canvas.place(panel, quarter, 0)
        _, y = canvas.place(panel, 0, quarter)
        canvas.tick(x, bottom + 11, formatting.decimal(quarter, 2))
        canvas.tick(PANEL_LEFT - 5, y + 2.7, formatting.decimal(quarter, 2), "end")
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
    if area is not None and area.value is not None:
        for line, text in enumerate(
            (
                f"AUROC {formatting.decimal(area.value)} ({formatting.interval(area.decision)})",
                f"{formatting.count(area.positives)} positive",
                f"{formatting.count(area.negatives)} negative",
            )
        ):
            tone = TONES_IN_PANEL[line]
            if area.value >= HALF:  # the corner that the curve leaves free
                canvas.label(PANEL_LEFT + PANEL - 5, PANEL_TOP + PANEL - 26 + 10 * line, text, "end", tone)
            else:
                canvas.label(PANEL_LEFT + 5, PANEL_TOP + 12 + 10 * line, text, tone=tone)
    told = f"ROC curve with area {formatting.decimal(curve.area)}."
    if sensitivity.value is not None and specificity.value is not None:
        _operating_point(panel, sensitivity, specificity)
        told += (
            f" Operating point: {words.within(words.metric('sensitivity'))} {formatting.decimal(sensitivity.value)}, "
            f"{words.within(words.metric('specificity'))} {formatting.decimal(specificity.value)}."
        )
    points = zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)
    rows = [(float(x), float(y)) for x, y in points]
    header = ("false_positive_rate", "true_positive_rate")
    beside = (area.value, *bounds(area.decision), area.positives, area.negatives) if area else ()
    return canvas.finish(told, figure_data(header, rows, beside=beside))


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


def images_per_patient_figure(
    patients_by_images: Mapping[str, int], *, name: str = "images-per-patient"
) -> Drawing:
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
    canvas = Canvas(name, height)
    highest = max(patients for _, patients in bars)
    panel = canvas.panel(left, top, width, body, x=(0, len(bars)), y=(0, highest))
    for position, (bar, patients) in enumerate(bars):
        middle = position + 0.5
        panel.bar(middle, patients, width=0.62, color=BLUE)
        x, y = canvas.place(panel, middle, patients)
        canvas.label(x, y - 4, formatting.count(patients), "middle", "ink")
        canvas.tick(x, top + body + 11, bar)
    panel.plot([0, len(bars)], [0, 0], color=FAINT, linewidth=0.8, clip_on=False)
    canvas.label(max(width / 2, NARROWEST / 2), height - 6, "Images of a patient", "middle", "ink")
    told = ", ".join(f"{bar}: {formatting.count(patients)}" for bar, patients in bars)
    return canvas.finish(
        f"Number of patients by number of images. {told}.",
        figure_data(
            ("images", "patients"),
            sorted(counts.items()),
            beside=[more, *(patients for _, patients in bars if not patients)],
        ),
    )


def training_figure(history: Sequence[Epoch], best_epoch: int) -> Drawing:
    """Loss and AUROC after each epoch, the tuning split's loss and the mean of all findings dashed; the kept marked."""
    height, top, body, width = 128.0, 22.0, 78.0, 200.0
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
            canvas.tick(x, y + 11, str(epoch))
        canvas.label(left + width / 2, height - 5, "Epoch", "middle", "ink")
    kept = history[epochs.index(best_epoch)]
    header = ("epoch", "loss", "tune_loss", "tune_auroc", "tune_auroc_mean", "kept")
    return canvas.finish(
        f"Training over {len(history)} epochs; epoch {best_epoch} was kept, with loss {formatting.decimal(kept.loss)} "
        f"on the training split and {formatting.decimal(kept.tune_loss)} on the tuning split, where its AUROC was "
        f"{formatting.decimal(kept.tune_auroc)}.",
        figure_data(
            header,
            [
                (
                    entry.epoch,
                    entry.loss,
                    entry.tune_loss,
                    entry.tune_auroc,
                    entry.tune_auroc_mean,
                    "yes" if entry.epoch == best_epoch else "no",
                )
                for entry in history
            ],
        ),
    )
