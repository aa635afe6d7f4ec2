"""How long work tells how far it is; what a person sees of it is the command line's business."""

from typing import Protocol


class Progress(Protocol):
    """Called after each unit of a stage: pictures packed, training steps done, pictures scored."""

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        """Report ``done`` of ``total`` units of ``stage`` (``pack``, ``train``, ``predict``)."""
