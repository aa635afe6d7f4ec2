"""From file to call, as a chart: one box per step of the device, and the outcome of a file that stops on the way.

Owns the chart. Every word in it comes from the plan and the frozen threshold of the model folder, so that it is drawn
only for a device that the run holds.
"""

from dataclasses import dataclass

from matplotlib.axes import Axes

from reports.figures.axes import description, rectangle
from reports.figures.canvas import BLUE, FAINT, INK, PALE_BLUE, WIDTH, Canvas, Drawing, Tone
from reports.language import formatting
from reports.number_check.figure_data import figure_data
from reports.run_files.device import Device

BOX, BETWEEN, HEIGHT = 72.0, 12.0, 112.0
TOP, TALL = 2.0, 46.0
BELOW, LOW = 78.0, 32.0
FIRST_LINE, LINE = 15.0, 11.5
HEAD_LENGTH, HEAD_WIDTH = 4.0, 2.4
CALIBRATIONS = {"none": "none", "temperature": "temperature", "platt": "Platt scaling"}


@dataclass(frozen=True, slots=True)
class Step:
    """A box with its heading and up to two lines; ``ends`` is what a file may end as below it, heading and line."""

    heading: str
    lines: tuple[str, ...]
    ends: tuple[str, str] | None = None


def flowchart(device: Device) -> Drawing:
    """Draw the device's steps from left to right; what ends before a score, and the call, below them."""
    canvas = Canvas("flowchart", HEIGHT)
    panel = canvas.panel(0, 0, WIDTH, HEIGHT, x=(0, WIDTH), y=(HEIGHT, 0))
    steps = _steps(device)
    for position, step in enumerate(steps):
        left = position * (BOX + BETWEEN)
        _box(canvas, panel, left, TOP, TALL, (step.heading, *step.lines), edge=INK)
        if position:
            _arrow(panel, left - BETWEEN, TOP + TALL / 2, left, TOP + TALL / 2)
        if step.ends:
            middle = left + BOX / 2
            _arrow(panel, middle, TOP + TALL, middle, BELOW)
            last = position == len(steps) - 1
            _box(canvas, panel, left, BELOW, LOW, step.ends, edge=BLUE if last else FAINT)
    in_words = description(
        "Steps of the device from file to call:",
        [f"{step.heading} ({', '.join(step.lines)})" for step in steps],
    )
    rows = [
        (step.heading, *step.lines, *[""] * (2 - len(step.lines)), *(step.ends or ("", ""))) for step in steps
    ]
    header = ("step", "what", "further", "ends", "with")
    return canvas.finish(in_words, figure_data(header, rows))


def _steps(device: Device) -> tuple[Step, ...]:
    plan, frozen = device.plan, device.operating_point
    side = formatting.count(plan.training.image_size)
    return (
        Step("File", ("DICOM, PNG", "or JPEG"), ("Failed", "no score")),
        Step("Input gate", ("checks in", "this order"), ("Out of scope", "no score")),
        Step("Picture", ("grey, fitted to", f"{side} × {side}")),
        Step("Network", (plan.training.network, formatting.counted(len(plan.heads), "logit"))),
        Step("Calibration", (CALIBRATIONS[frozen.calibration.method], "score, 0 to 1")),
        Step("Threshold", (f"≥ {formatting.stated(frozen.threshold)}",), ("Call", "positive or not")),
    )


def _box(
    canvas: Canvas, panel: Axes, left: float, top: float, height: float, lines: tuple[str, ...], *, edge: str
) -> None:
    right, bottom = left + BOX, top + height
    ground = PALE_BLUE if edge == BLUE else "none"
    rectangle(
        panel,
        (left + 0.5, right - 0.5),
        (top, bottom),
        facecolor=ground,
        edgecolor=edge,
        linewidth=0.9,
        clip_on=False,
    )
    for number, line in enumerate(lines):
        tone: Tone = "soft" if number else "strong"
        canvas.label(left + BOX / 2, top + FIRST_LINE - 1 + number * LINE, line, "middle", tone)


def _arrow(panel: Axes, x: float, y: float, to_x: float, to_y: float) -> None:
    """Draw a line with a filled head, straight across or straight down."""
    across = to_x > x
    stop_x, stop_y = (to_x - 1, to_y) if across else (to_x, to_y - 1)
    panel.plot([x, stop_x], [y, stop_y], color=INK, linewidth=0.9, clip_on=False)
    back = HEAD_LENGTH
    corners = (
        ([to_x - back, to_x, to_x - back], [to_y - HEAD_WIDTH, to_y, to_y + HEAD_WIDTH])
        if across
        else ([to_x - HEAD_WIDTH, to_x, to_x + HEAD_WIDTH], [to_y - back, to_y, to_y - back])
    )
    panel.fill(*corners, facecolor=INK, edgecolor="none", clip_on=False)
