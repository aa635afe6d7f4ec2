"""Three plain figures: the ROC curve, patients by number of images, and the course of the training.

Owns what each shows and its description in words. Colours differ in lightness, so that they are distinct
in grey and for the colour-blind; the means are in `axes`.
"""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from protocols.model_folder import Epoch
from reports.figures import axes
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
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import bounds, figure_data
from reports.run_files.line_listing import Roc
from validation.results.results import Estimate

HALF = 0.5
MOST_IMAGES_APART = 9
NARROWEST = 72.0


def roc_figure(
    curve: Roc, sensitivity: Estimate, specificity: Estimate, words: Words, *, area: Estimate | None = None
) -> Drawing:
    """Draw the empirical ROC curve with the operating point and the box of its two deciding intervals.

    Args:
        curve: over all thresholds.
        sensitivity, specificity: at the operating point.
        words: the vocabulary of the run.
        area: the AUROC, whose counts and interval are then written into the panel.
    """
    canvas = Canvas("roc", axes.SQUARE_HEIGHT, width=axes.HALF_WIDTH)
    panel = axes.Panel(canvas, axes.SQUARE, x=axes.QUARTERS.limits, y=axes.QUARTERS.limits)
    for quarter in axes.QUARTERS.named:
        panel.lines_up([quarter])
        panel.lines_across([quarter])
    panel.axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.8, linestyle=DASHES)
    panel.axes.plot(
        curve.false_positive_rate,
        curve.true_positive_rate,
        color=BLUE,
        linewidth=1.4,
        solid_joinstyle="round",
    )
    panel.title_up(words.metric("sensitivity"))
    panel.title_across(f"1 − {words.within(words.metric('specificity'))}")
    if area is not None and area.value is not None:
        _area(canvas, area, area.value)
    in_words = f"ROC curve with area {formatting.decimal(curve.area)}."
    if sensitivity.value is not None and specificity.value is not None:
        _operating_point(panel.axes, sensitivity, specificity)
        in_words += (
            f" Operating point: {words.within(words.metric('sensitivity'))} {formatting.decimal(sensitivity.value)}, "
            f"{words.within(words.metric('specificity'))} {formatting.decimal(specificity.value)}."
        )
    points = zip(curve.false_positive_rate, curve.true_positive_rate, strict=True)
    rows = [(float(x), float(y)) for x, y in points]
    header = ("false_positive_rate", "true_positive_rate")
    beside = (area.value, *bounds(area.decision), area.positives, area.negatives) if area else ()
    return canvas.finish(in_words, figure_data(header, rows, beside=beside))


def _area(canvas: Canvas, area: Estimate, value: float) -> None:
    """Set the area and its counts in the corner that the curve leaves free."""
    lines: tuple[tuple[str, Tone], ...] = (
        (f"AUROC {formatting.decimal(value)} ({formatting.interval(area.decision)})", "ink"),
        (f"{formatting.count(area.positives)} positive", "soft"),
        (f"{formatting.count(area.negatives)} negative", "soft"),
    )
    for number, (text, tone) in enumerate(lines):
        if value >= HALF:
            canvas.label(axes.SQUARE.right - 5, axes.SQUARE.bottom - 26 + 10 * number, text, "end", tone)
        else:
            canvas.label(axes.SQUARE.left + 5, axes.SQUARE.top + 12 + 10 * number, text, tone=tone)


def _operating_point(panel: Axes, sensitivity: Estimate, specificity: Estimate) -> None:
    if sensitivity.value is None or specificity.value is None:
        return
    x, y = 1 - specificity.value, sensitivity.value
    if sensitivity.decision is not None and specificity.decision is not None:
        (bottom, top), (right, left) = sensitivity.decision, (1 - bound for bound in specificity.decision)
        axes.rectangle(panel, (left, right), (bottom, top), facecolor=PALE_BLUE, alpha=0.55, edgecolor="none")
        panel.plot([left, right], [y, y], color=INK, linewidth=0.8)
        panel.plot([x, x], [bottom, top], color=INK, linewidth=0.8)
    lozenge(panel, x, y)


def images_per_patient_figure(
    patients_by_images: Mapping[str, int], *, name: str = "images-per-patient"
) -> Drawing:
    """Draw how many patients have one image, two, three and so on; ten and more in one bar."""
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
    in_words = ", ".join(f"{bar}: {formatting.count(patients)}" for bar, patients in bars)
    return canvas.finish(
        f"Number of patients by number of images. {in_words}.",
        figure_data(
            ("images", "patients"),
            sorted(counts.items()),
            beside=[more, *(patients for _, patients in bars if not patients)],
        ),
    )


def training_figure(history: Sequence[Epoch], best_epoch: int) -> Drawing:
    """Draw loss and AUROC by epoch; the tuning split's loss and the mean of all findings dashed, the kept marked."""
    canvas = Canvas("training", 128.0)
    several = any(entry.tune_auroc_mean != entry.tune_auroc for entry in history)
    losses = {entry.epoch: (entry.loss, entry.tune_loss) for entry in history}
    _course(canvas, 30.0, "Loss: training split; dashed, tuning split", losses, best_epoch)
    title = "AUROC, tuning split" + ("; dashed, mean of all findings" if several else "")
    aurocs = {entry.epoch: (entry.tune_auroc, entry.tune_auroc_mean)[: 1 + several] for entry in history}
    _course(canvas, 286.0, title, aurocs, best_epoch)
    (kept,) = (entry for entry in history if entry.epoch == best_epoch)
    rows = [
        (
            one.epoch,
            one.loss,
            one.tune_loss,
            one.tune_auroc,
            one.tune_auroc_mean,
            "yes" if one is kept else "no",
        )
        for one in history
    ]
    return canvas.finish(
        f"Training over {len(history)} epochs; epoch {best_epoch} was kept, with loss {formatting.decimal(kept.loss)} "
        f"on the training split and {formatting.decimal(kept.tune_loss)} on the tuning split, where its AUROC was "
        f"{formatting.decimal(kept.tune_auroc)}.",
        figure_data(("epoch", "loss", "tune_loss", "tune_auroc", "tune_auroc_mean", "kept"), rows),
    )


def _course(
    canvas: Canvas, left: float, title: str, values: Mapping[int, Sequence[float]], best_epoch: int
) -> None:
    """Draw one or two numbers after each epoch, the second dashed."""
    epochs = list(values)
    low, high = min(map(min, values.values())), max(map(max, values.values()))
    room = (high - low) * 0.1 or 0.05
    limits = (min(epochs) - 0.5, max(epochs) + 0.5)
    panel = axes.Panel(canvas, axes.Box(left, 22.0, 200.0, 78.0), x=limits, y=(low - room, high + room))
    canvas.label(left - 30, panel.box.top - 9, title)
    for value in dict.fromkeys((low, high)):
        panel.axes.axhline(value, color=RULE, linewidth=0.5)
        _, y = panel.place(epochs[0], value)
        canvas.label(left - 5, y + axes.BELOW_MIDDLE, formatting.decimal(value, 2), "end", "soft")
    first, *others = zip(*values.values(), strict=True)
    for other in others:
        panel.axes.plot(epochs, other, color=SOFT, linewidth=1.0, linestyle=DASHES)
    panel.axes.plot(epochs, first, color=BLUE, linewidth=1.3, marker="o", markersize=2.4)
    panel.baseline()
    lozenge(panel.axes, best_epoch, values[best_epoch][0])
    for epoch in sorted({epochs[0], best_epoch, epochs[-1]}):
        panel.text_below(epoch, str(epoch))
    panel.title_across("Epoch")
