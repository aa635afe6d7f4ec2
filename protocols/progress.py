"""Progress of long work: one callable, shown by the command line and ignored elsewhere."""

from typing import Protocol


class Progress(Protocol):
    """A callable that is called after each step; it never changes what is computed."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Report that ``done`` of ``total`` steps of a stage are done."""


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """Report nothing."""
