"""The levels of a rerun: the promise of each, and its outcome in one word and in one line.

Owns the promises in words, the word for an outcome, and which of several differences is the first. What is
compared, and how, is `comparisons`; recomputing is `rerun`. "Identical" is used for bytes alone.
Source: DESIGN.md, "What reproduced means".
"""

from dataclasses import dataclass
from typing import Final, Literal

from protocols.errors import BadInputError
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.finding import ReproductionFinding

INTACT: Final = 0
FROM_SCORES: Final = 1
FROM_WEIGHTS: Final = 2
FROM_DATA: Final = 3
LEVELS = (FROM_SCORES, FROM_WEIGHTS, FROM_DATA)
PROMISES = {
    INTACT: "Signature under the auditor's own key, every file, the record of actions.",
    FROM_SCORES: "Results and report from the scores: the same bytes on any machine.",
    FROM_WEIGHTS: "Scores from weights and images: within 1e-5 each, no decision flipped.",
    FROM_DATA: "Weights from data: the same bytes on the same class of machine.",
}
# In the order in which a run makes them; the consequences of a difference come after it.
STAGES = ("weights", "images", "scores", "decisions", "marks", "results.json", "line_listing.csv")

Word = Literal[
    "verified",
    "not verified",
    "signature not checked",
    "as recorded",
    "not as recorded",
    "identical",
    "content-equal",
    "reproduced",
    "not reproduced",
]


@dataclass(frozen=True, slots=True)
class LevelOutcome:
    """The outcome of one level."""

    level: int
    word: Word
    findings: tuple[ReproductionFinding, ...]

    @property
    def reproduced(self) -> bool:
        """Whether every finding of the level is within its promise."""
        return all(finding.reproduced for finding in self.findings)

    def __str__(self) -> str:
        return self.word if self.level == INTACT else f"level {self.level} {self.word}"


@dataclass(frozen=True, slots=True)
class Rerun:
    """The outcome of a rerun.

    Attributes:
        asked: the requested level; None where only the second implementation was requested.
        levels: those that were done, level 0 first.
        opinion: findings of the second implementation; None where it was not requested or not reached.
        guard_band: None where nothing was recomputed.
    """

    asked: int | None
    levels: tuple[LevelOutcome, ...]
    opinion: tuple[ReproductionFinding, ...] | None = None
    guard_band: GuardBand | None = None

    @property
    def findings(self) -> tuple[ReproductionFinding, ...]:
        """All findings, in the order in which they were made."""
        of_levels = tuple(finding for level in self.levels for finding in level.findings)
        return of_levels + (self.opinion or ())

    @property
    def reproduced(self) -> bool:
        """Whether every finding is within its promise."""
        return all(finding.reproduced for finding in self.findings)

    @property
    def first_difference(self) -> ReproductionFinding | None:
        """The difference of the earliest stage on the way from data to report; None where there is none.

        For evidence that is not intact, the first check that failed: nothing else was done.
        """
        different = [finding for finding in self.findings if not finding.reproduced]
        if not self.levels[0].reproduced:
            return different[0]
        return min(different, key=_place, default=None)

    @property
    def verdict(self) -> str:
        """All levels and the second implementation in one line, such as ``verified, level 1 identical``."""
        outcomes = [str(level) for level in self.levels]
        if self.opinion is not None:
            same = all(finding.reproduced for finding in self.opinion)
            outcomes.append(f"{'' if same else 'not '}reproduced independently")
        return ", ".join(outcomes)


def require_level(level: int | None) -> None:
    """Refuse an unknown level.

    Raises:
        BadInputError: the level is not one of `LEVELS`.
    """
    if level is not None and level not in LEVELS:
        raise BadInputError(f"--level must be one of {', '.join(map(str, LEVELS))}; received {level}.")


def outcome(level: int, findings: tuple[ReproductionFinding, ...]) -> LevelOutcome:
    """Return the outcome of a level that recomputed something, with its word."""
    word: Word
    if not all(finding.reproduced for finding in findings):
        word = "not reproduced"
    elif level == FROM_WEIGHTS:
        word = "reproduced"
    elif any(finding.kind == "content-equal" for finding in findings):
        word = "content-equal"
    else:
        word = "identical"
    return LevelOutcome(level, word, findings)


def _place(finding: ReproductionFinding) -> int:
    """Return the place of a finding among the stages; one that names no stage comes last."""
    return STAGES.index(finding.what) if finding.what in STAGES else len(STAGES)
