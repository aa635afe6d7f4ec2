"""Simulated radiologists: verdicts of three readers and an adjudicator on each image.

Owns the readers' criteria and errors. Evidence is the conspicuity of a true opacity or of its mimics, plus noise
of the reader's own and noise that all readers share; a verdict is positive where it exceeds the reader's
criterion (signal detection: Green and Swets 1966). Consensus rules are
`validation.readers.consensus`'s.
"""

from dataclasses import dataclass

import numpy as np

from protocols.tables.records import Verdict

ADJUDICATOR = "ADJ"
ADJUDICATOR_ERROR = 0.03  # proportion of the images put to the adjudicator
SHARED_SPREAD = 0.05  # standard deviation of the noise that all readers share
DOUBT = 0.011  # half-width of the indeterminate band around the criterion


@dataclass(frozen=True, slots=True)
class Reader:
    """One radiologist: the criterion for a positive verdict, and the standard deviation of the reader's own noise."""

    reader_id: str
    criterion: float
    spread: float


READERS = (Reader("R1", 0.31, 0.10), Reader("R2", 0.35, 0.09), Reader("R3", 0.28, 0.11))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The true content of an image: opacity or none, its conspicuity, and the strength of its mimics."""

    opacity: bool
    conspicuity: float
    mimicry: float


def verdicts(evidence: Evidence, rng: np.random.Generator) -> dict[str, Verdict]:
    """Return each reader's verdict on one image.

    The adjudicator reads only where the three are not unanimous or a verdict is indeterminate, and errs at the rate
    `ADJUDICATOR_ERROR`.
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
