"""Two figures of a cohort's labels: the weight of each finding, and which findings occur together.

Owns what they show; which findings are shown where a page has no room for all is `finding_selection`'s.
"""

from matplotlib.colors import LinearSegmentedColormap

from protocols.cohorts.profile.profile_parts import Finding
from protocols.cohorts.profile.profile_record import Profile
from reports.content.finding_selection import MOST_FINDINGS, MOST_TOGETHER, closest_share, most_frequent
from reports.figures.axes import BELOW_MIDDLE, Box, Panel, description, rectangle
from reports.figures.canvas import BLUE, FAINT, PALE_BLUE, RULE, WIDTH, Canvas, Drawing, Tone
from reports.fonts.text_width import shortened, width
from reports.language import formatting
from reports.number_check.figure_data import figure_data

TOP, ROW = 34.0, 14.0
NAME_WIDTH = 118.0
SHARES, SHARES_WIDTH = 356.0, 122.0
SHADES = LinearSegmentedColormap.from_list(
    "shades", ["white", PALE_BLUE, "#86abcf"]
)  # dark letters stay legible


def findings_figure(profile: Profile) -> Drawing | None:
    """Draw the positives of each finding as bars, with their proportion of the loss without and with weights."""
    if profile.labels is None:
        return None
    findings = [profile.labels.findings[place] for place in most_frequent(profile.labels, MOST_FINDINGS)]
    body = ROW * len(findings)
    canvas = Canvas("profile-findings", TOP + body + 16)
    limits = (len(findings) - 0.5, -0.5)
    most = max(1, *(finding.positives for finding in findings))
    bars = Panel(canvas, Box(NAME_WIDTH, TOP, 140, body), x=(0, most), y=limits)
    proportions = Panel(canvas, Box(SHARES, TOP, SHARES_WIDTH, body), x=(0, 1), y=limits)
    canvas.label(0, TOP - 9, "Finding")
    canvas.label(NAME_WIDTH, TOP - 9, "Positive images, and share of the known")
    canvas.label(SHARES, TOP - 20, "Share of the loss that positives hold")
    canvas.label(SHARES, TOP - 9, "○ unweighted, ● weighted", tone="soft")
    for proportion in (0.0, 0.5, 1.0):
        proportions.axes.axvline(proportion, color=RULE, linewidth=0.5)
        proportions.text_below(proportion, formatting.percent(proportion).replace(".0", ""))
    for place, finding in enumerate(findings):
        tone: Tone = "strong" if finding.name == profile.finding else "ink"
        _finding(bars, proportions, place, finding, tone)
    return canvas.finish(
        description(
            "Positive images by finding, and the share of the loss that they hold before and after weighting.",
            [f"{one.name} {formatting.count(one.positives)}" for one in findings],
        ),
        figure_data(
            ("finding", "positives", "prevalence", "share_of_loss", "share_of_loss_weighted"),
            [
                (one.name, one.positives, one.prevalence, one.share_before, one.share_after)
                for one in findings
            ],
        ),
    )


def _finding(bars: Panel, proportions: Panel, place: int, finding: Finding, tone: Tone) -> None:
    """Draw one row: the name, the bar with its count, and both proportions of the loss."""
    canvas = bars.canvas
    bars.axes.barh(place, finding.positives, height=0.62, color=BLUE)
    x, y = bars.place(finding.positives, place)
    baseline = y + BELOW_MIDDLE
    canvas.label(0, baseline, _short(finding.name, NAME_WIDTH), tone=tone)
    in_words = formatting.count(finding.positives)
    if finding.prevalence is not None:
        in_words += f" · {formatting.percent(finding.prevalence)}"
    canvas.label(x + 5, baseline, in_words, tone="soft")
    before, after = finding.share_before, finding.share_after
    if before is None or after is None:
        canvas.label(SHARES, baseline, "one class only", tone="faint")
        return
    proportions.axes.plot([before, after], [place, place], color=FAINT, linewidth=0.8)
    proportions.axes.plot(
        [before], [place], "o", markersize=4, markerfacecolor="white", markeredgecolor=BLUE, clip_on=False
    )
    proportions.axes.plot([after], [place], "o", markersize=4, color=BLUE, clip_on=False)


def co_occurrence_figure(profile: Profile) -> Drawing | None:
    """Draw images positive for two findings, shaded by the proportion of the row's positives."""
    if profile.labels is None or len(profile.labels.findings) < 2:
        return None
    chosen = most_frequent(profile.labels, MOST_TOGETHER)
    names = [profile.labels.findings[place].name for place in chosen]
    counts = [[profile.labels.co_occurrence[row][column] for column in chosen] for row in chosen]
    darkest = closest_share(profile.labels) or 1.0
    left, cell = 130.0, min(40.0, (WIDTH - 130.0) / len(names))
    canvas = Canvas("profile-co-occurrence", 16 + ROW * len(names) + 2, width=WIDTH)
    panel = canvas.panel(left, 16, cell * len(names), ROW * len(names), x=(0, len(names)), y=(len(names), 0))
    for row, name in enumerate(names):
        canvas.tick(0, 16 + ROW * row + 9.7, f"{row + 1}", "start")
        canvas.label(14, 16 + ROW * row + 9.7, _short(name, left - 14), tone="ink")
        canvas.tick(left + cell * (row + 0.5), 10, f"{row + 1}")
        for column in range(len(names)):
            number, own = counts[row][column], counts[row][row]
            proportion = number / own / darkest if own and row != column else 0.0
            across, down = (column, column + 1), (row, row + 1)
            rectangle(panel, across, down, facecolor=SHADES(proportion), edgecolor=RULE, linewidth=0.5)
            tone: Tone = "strong" if row == column else "ink" if number else "faint"
            fitting = _fitting(number, cell - 2, tone)
            canvas.label(left + cell * (column + 0.5), 16 + ROW * row + 9.7, fitting, "middle", tone)
    together = [
        f"{names[row]} with {names[column]} {formatting.count(counts[row][column])}"
        for row in range(len(names))
        for column in range(row)
        if counts[row][column]
    ]
    return canvas.finish(
        description("Images positive for two findings:", together or ["none"]),
        figure_data(("finding", *names), [(name, *row) for name, row in zip(names, counts, strict=True)]),
    )


def _short(name: str, room: float) -> str:
    return shortened(name.replace("_", " "), room - 6, "strong")


def _fitting(number: int, room: float, tone: Tone) -> str:
    """Return a count as it fits its cell: whole where there is room, else in thousands."""
    whole = formatting.count(number)
    return whole if width(whole, tone) <= room else formatting.thousands(number)
