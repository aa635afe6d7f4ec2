"""The certificate's tables in Markdown: of many cells always the worst, with the limits of chance where it is close."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from protocols.schema.metrics import METRICS
from tests.benchmarks.coverage.acceptance import Scenario, Verdicts
from tests.benchmarks.coverage.candidates import DEFAULT
from tests.benchmarks.coverage.designs import Cell, Kind, TwoPointCell
from tests.benchmarks.coverage.tally import ABOVE_CLUSTERED, ABOVE_ORDINARY, COVERAGE, Share, Tally, share

Tallies = Mapping[Kind, Mapping[str, Tally]]
Column = tuple[str, Callable[[Kind], bool]]  # a method, and the cells of it that count
AT_BOUNDARY = ("auroc wilson_patients",)  # given only there
JUDGEMENTS = ("fails", "open", "passes")
JUDGED = ("error (limits)", "coverage (limits)", "studies", "judgement", "width")
SUMMARY = ("lowest coverage", "highest error", "fails / open / passes")


def methods_table(tallies: Tallies, methods: Iterable[str], beside: str) -> str:
    """A row a method: its worst cells, how many of them fall short, and the median of its width beside another's."""
    header = ("method", "lowest coverage", "highest error", "short", "surely short", "width")
    rows = []
    for name in methods:
        of_one = {cell: every[name] for cell, every in tallies.items()}
        strictly, surely = (
            sum(
                tally.falls_short(clustered=cell.clustered, strictly=strictly)
                for cell, tally in of_one.items()
            )
            for strictly in (True, False)
        )
        width = median(every[name].width / every[beside].width for every in tallies.values())
        rows.append([_code(name), *_worst(of_one.values()), str(strictly), str(surely), f"{width:.2f}"])
    return table(header, rows)


def by_truth(tallies: Tallies, columns: Mapping[str, Column]) -> str:
    """A row for each number of patients and truth, a column for each method among some of the cells."""
    keys = sorted({(cell.patients, cell.truth) for cell in tallies})
    rows = []
    for key in keys:
        row = [str(key[0]), f"{key[1]:g}"]
        for method, chosen in columns.values():
            of_one = [
                every[method]
                for cell, every in tallies.items()
                if (cell.patients, cell.truth) == key and chosen(cell)
            ]
            row.append(" / ".join(_worst(of_one)) if of_one else "")
        rows.append(row)
    return table(["patients", "truth", *columns], rows)


def worst_table(tallies: Tallies, method: str, beside: str, number: int) -> str:
    """The cells of several images in which a method comes closest to a target, or misses it; the worst first.

    The distance is that of the error from what is allowed, or of the coverage, whichever is less; the last columns are
    the judgement and the width relative to that of another method.
    """

    rows = [
        [*_kind(cell), *judged_row(every, method, beside, clustered=cell.clustered)]
        for cell, every in sorted(tallies.items(), key=lambda item: margin(item[0], item[1][method]))
        if isinstance(cell, Cell | TwoPointCell)
    ]
    kind = ["images", "model", "correlation", "patients", "truth"]
    return table([*kind, *JUDGED], rows[:number])


def summarised(cells: Iterable[Kind], tallies: Sequence[Tally]) -> list[str]:
    """The columns `SUMMARY` of one method in several cells."""
    found = [tally.judgement(clustered=cell.clustered) for cell, tally in zip(cells, tallies, strict=True)]
    return [*_worst(tallies), " / ".join(str(found.count(name)) for name in JUDGEMENTS)]


def margin(cell: Kind, tally: Tally) -> float:
    """How far the error is from what is allowed, or the coverage from its target, whichever is less."""
    allowed = ABOVE_CLUSTERED if cell.clustered else ABOVE_ORDINARY
    return min(allowed - tally.too_high.value, tally.coverage.value - COVERAGE)


def widths(tallies: Tallies, method: str, beside: str) -> list[float]:
    """Width relative to another method in the cells where that is not shown to miss a target, in rising order."""
    return sorted(
        every[method].width / every[beside].width
        for cell, every in tallies.items()
        if not every[beside].falls_short(clustered=cell.clustered, strictly=False)
    )


def cells_csv(sections: Mapping[str, Tallies], method: str, beside: str) -> str:
    """Every cell of a section of proportions: its study, what was found, the judgement and the relative width."""
    head = "section,images,model,correlation,patients,truth,studies,error,coverage,judgement,relative_width"
    lines = [head]
    for section, tallies in sections.items():
        for cell, every in tallies.items():
            if isinstance(cell, Cell | TwoPointCell):
                tally = every[method]
                lines.append(
                    f"{section},{','.join(_kind(cell))},{tally.studies or 'exact'},{tally.too_high.value:.6f},"
                    f"{tally.coverage.value:.6f},{tally.judgement(clustered=cell.clustered)},"
                    f"{tally.width / every[beside].width:.3f}"
                )
    return "\n".join(lines) + "\n"


def _kind(cell: Cell | TwoPointCell) -> list[str]:
    return [cell.images, cell.model, f"{cell.correlation:.2g}", str(cell.patients), f"{cell.proportion:.4g}"]


def judged_row(every: Mapping[str, Tally], method: str, beside: str, *, clustered: bool) -> list[str]:
    """The columns `JUDGED` of one method in one cell; the width is relative to that of another method."""
    tally = every[method]
    studies = f"{tally.studies:,}" if tally.studies else "exact"
    judgement = tally.judgement(clustered=clustered)
    width = f"{tally.width / every[beside].width:.2f}"
    return [limits(tally.too_high), limits(tally.coverage), studies, judgement, width]


def metrics_table(tallies: Tallies) -> str:
    """A row for each interval of each metric."""
    names = dict.fromkeys(name for every in tallies.values() for name in every if name not in AT_BOUNDARY)
    rows = []
    for name in names:
        metric, interval = name.split()
        row = [metric, _code(interval)]
        for clustered in (False, True):
            of_one = [
                every[name]
                for cell, every in tallies.items()
                if cell.clustered == clustered and name in every
            ]
            row.append(" / ".join(_worst(of_one, lower_is_better=METRICS[metric].lower_is_better)))
        given = [every[name] for every in tallies.values() if name in every]
        missing = sum(tally.missing for tally in given) / sum(tally.studies or 0 for tally in given)
        rows.append([*row, percent(missing)])
    return table(["metric", "interval", "one image a patient", "several images", "not given %"], rows)


def accepted_table(accepted: Mapping[Scenario, Verdicts]) -> str:
    """A row for each scenario: how often each criterion was met, and how often the device passed."""
    rows = []
    for scenario, done in accepted.items():
        met = ", ".join(
            f"{name} {limits(share(count, done.studies))}"
            if name in scenario.at_goal
            else f"{name} {_share(count, done)}"
            for name, count in done.met.items()
        )
        rows.append(
            [
                f"`{scenario.protocol}`",
                " and ".join(scenario.at_goal),
                met,
                limits(share(done.passed, done.studies)),
                f"{done.studies:,}",
            ]
        )
    return table(["protocol", "at its goal", "criterion met, %", "passed, % (95 % limits)", "studies"], rows)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown, without a final newline."""
    lines = ["| " + " | ".join(line) + " |" for line in (header, *rows)]
    return "\n".join([lines[0], "|---" * len(header) + "|", *lines[1:]])


def limits(of: Share) -> str:
    """Such as ``2.91 (2.80-3.02)``."""
    if of.low == of.high:
        return f"{100 * of.value:.2f}"
    return f"{100 * of.value:.2f} ({100 * of.low:.2f}-{100 * of.high:.2f})"


def percent(value: float) -> str:
    """One decimal."""
    return f"{100 * value:.1f}"


def _share(count: int, done: Verdicts) -> str:
    return percent(count / done.studies)


def _worst(of_one: Iterable[Tally], *, lower_is_better: bool = False) -> tuple[str, str]:
    tallies = list(of_one)
    held = min(tally.coverage.value for tally in tallies)
    error = max((tally.too_low if lower_is_better else tally.too_high).value for tally in tallies)
    return percent(held), percent(error)


def _code(name: str) -> str:
    return f"**`{name}`**" if name == DEFAULT else f"`{name}`"
