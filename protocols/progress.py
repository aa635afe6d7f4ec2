"""How long work tells how far it is: one callable that the command line draws and everyone else ignores."""

from typing import Protocol


class Progress(Protocol):
    """Told after each step; never changes what is computed."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Say that ``done`` of ``total`` steps of a stage are done."""


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """Tell nobody."""
