"""What comes of comparing one thing with what is recorded of it, in words that a person reads.

Owns the type that reruns, the second implementation and attestations share. Comparing is each one's own.
"""

from dataclasses import dataclass
from typing import Literal

SHOWN = 5  # of many differences of one thing; the others are counted
ABSENT = "(absent)"


@dataclass(frozen=True, slots=True)
class ReproductionFinding:
    """What came of comparing one thing.

    Attributes:
        what: the thing; where it is a part of a run, the stage that makes it.
        reproduced: whether the promise of the level is kept.
        words: in which way, or what is recorded and what came out.
        kind: ``content-equal`` where the bytes are others and that is allowed, ``not checked`` where something
            before it differs.
    """

    what: str
    reproduced: bool
    words: str
    kind: Literal["compared", "content-equal", "not checked"] = "compared"
