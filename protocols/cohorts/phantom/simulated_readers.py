"""Simulated radiologists: how clear an image is -> what three readers and an adjudicator say of it.

Owns the readers' habits and errors. A reader weighs evidence, the conspicuity of a true opacity or whatever
mimics one, blurred by an impression of the reader's own and by one that all readers share, and calls it positive
above a personal criterion (signal detection: Green and Swets 1966). Consensus rules are
`validation.readers.consensus`'s.
"""

from dataclasses import dataclass

import numpy as np

from protocols.tables.records import Verdict

ADJUDICATOR = "ADJ"
ADJUDICATOR_ERROR = 0.03  # share of the images put to the adjudicator
SHARED_SPREAD = 0.05  # standard deviation of what misleads all readers alike
DOUBT = 0.011  # half-width of the band around the criterion where a reader commits to nothing


@dataclass(frozen=True, slots=True)
class Reader:
    """One radiologist: evidence from which an image is called positive, and the spread of impressions."""

    reader_id: str
    criterion: float
    spread: float


READERS = (Reader("R1", 0.31, 0.10), Reader("R2", 0.35, 0.09), Reader("R3", 0.28, 0.11))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an image holds: a true opacity or none, how clear it is, and how much merely looks like one."""

    opacity: bool
    conspicuity: float
    mimicry: float


def verdicts(evidence: Evidence, rng: np.random.Generator) -> dict[str, Verdict]:
    """What each reader says of one image.

    The adjudicator, who knows further films and the course, reads only where the three are not unanimous and
    determinate.
    """
    strength = max(evidence.conspicuity, evidence.mimicry) if evidence.opacity else evidence.mimicry
    misled, *own = rng.standard_normal(1 + len(READERS)).tolist()
    said = {
        reader.reader_id: _call(
            strength + SHARED_SPREAD * misled + reader.spread * impression - reader.criterion
        )
        for reader, impression in zip(READERS, own, strict=True)
    }
    mistaken = rng.random() < ADJUDICATOR_ERROR
    if len(set(said.values())) > 1 or Verdict.INDETERMINATE in said.values():
        said[ADJUDICATOR] = Verdict.POSITIVE if evidence.opacity != mistaken else Verdict.NEGATIVE
    return said


def _call(excess: float) -> Verdict:
    if abs(excess) < DOUBT:
        return Verdict.INDETERMINATE
    return Verdict.POSITIVE if excess > 0 else Verdict.NEGATIVE
