"""The result of comparing one item with its record, in words for the reader.

Owns the type that reruns, the second implementation and attestations share. Each makes its own comparison.
"""

from dataclasses import dataclass
from typing import Literal

SHOWN = 5  # of the differences of one item; the others are counted
ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class ReproductionFinding:
    """The result of comparing one item.

    Attributes:
        what: the item; where it is a part of a run, the stage that makes it.
        reproduced: whether the item meets the promise of the level.
        words: how it was reproduced, or the recorded and the new value.
        kind: ``content-equal`` where the bytes differ and that is allowed, ``not checked`` where an earlier item
            differs.
    """

    what: str
    reproduced: bool
    words: str
    kind: Literal["compared", "content-equal", "not checked"] = "compared"
