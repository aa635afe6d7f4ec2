"""Progress on standard error: bars on a terminal, lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from protocols.progress import Progress


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Yield a progress callback: one bar per stage on a terminal, one line per finished stage elsewhere."""
    console = Console(stderr=True)
    bars = Bars(
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, int] = {}

    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        if stage not in tasks:
            tasks[stage] = int(bars.add_task(stage, total=total, note=note))
        bars.update(bars.task_ids[tasks[stage]], completed=done, total=total, note=note)
        if done == total and not console.is_terminal:
            seconds = bars.tasks[tasks[stage]].elapsed or 0.0
            print(f"{stage}: {total} of {total}, {seconds:.1f} s {note}".rstrip(), file=sys.stderr)

    with bars:
        yield progress
