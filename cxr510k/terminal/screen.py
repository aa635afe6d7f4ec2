"""The screen: its width, sentences that fold between words, and tables without lines."""

import textwrap
from collections.abc import Sequence
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_OF_A_FILE = 120
ROOM_BETWEEN_COLUMNS = 100
HANGING = 2


def screen() -> Console:
    """Return a console as wide as the terminal, or wide enough for a table where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH_OF_A_FILE)


def print_folded(text: str, style: str = "", *, head: str = "") -> None:
    """Print a sentence; on a terminal it folds between words with a hanging indent, so that paths stay whole.

    Args:
        text: the sentence.
        style: of the head, or of all where there is no head.
        head: what the sentence begins with, such as a mark.
    """
    console, shown = screen(), f"{head}{text}"
    if console.is_terminal:
        indent = " " * (len(head) + HANGING)
        shown = textwrap.fill(
            shown, console.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    line = Text(shown)
    line.stylize(style, 0, len(head) or None)
    console.print(line, highlight=False, soft_wrap=True)


def plain_table(names: Sequence[str], *, folding: Sequence[str], right: Sequence[str]) -> Table:
    """Return a table without lines; only the columns in ``folding`` fold where it would be wider than the screen."""
    table = Table(
        box=None, pad_edge=False, header_style="bold", collapse_padding=screen().width < ROOM_BETWEEN_COLUMNS
    )
    for name in names:
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(name, justify=justify, no_wrap=name not in folding, overflow="fold")
    return table
