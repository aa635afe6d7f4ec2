"""The levels of a rerun: what each promises, and what came of it in one word and in one line.

Owns the promises in words, the word for what came out, and which of several differences is the first. What is
compared, and how, is `comparisons`; doing it is `rerun`. "Identical" is said of bytes alone.
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
# In the order in which a run makes them; what comes of a difference comes after it.
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
    """What came of one level."""

    level: int
    word: Word
    findings: tuple[ReproductionFinding, ...]

    @property
    def reproduced(self) -> bool:
        """Whether every promise of the level is kept."""
        return all(finding.reproduced for finding in self.findings)

    def __str__(self) -> str:
        return self.word if self.level == INTACT else f"level {self.level} {self.word}"


@dataclass(frozen=True, slots=True)
class Rerun:
    """What came of a rerun.

    Attributes:
        asked: the level asked for; None where only the second implementation was.
        levels: those that were done, level 0 first.
        opinion: what the second implementation found; None where it was not asked or not reached.
        guard_band: None where nothing was recomputed.
    """

    asked: int | None
    levels: tuple[LevelOutcome, ...]
    opinion: tuple[ReproductionFinding, ...] | None = None
    guard_band: GuardBand | None = None

    @property
    def findings(self) -> tuple[ReproductionFinding, ...]:
        """All of them, in the order in which they came."""
        of_levels = tuple(finding for level in self.levels for finding in level.findings)
        return of_levels + (self.opinion or ())

    @property
    def reproduced(self) -> bool:
        """Whether everything is as promised."""
        return all(finding.reproduced for finding in self.findings)

    @property
    def first_difference(self) -> ReproductionFinding | None:
        """The difference that lies farthest up the way from data to report; None where there is none.

        Of evidence that is not intact, the first check that failed: nothing else was done.
        """
        different = [finding for finding in self.findings if not finding.reproduced]
        if not self.levels[0].reproduced:
            return different[0]
        return min(different, key=_place, default=None)

    @property
    def verdict(self) -> str:
        """All levels and the second implementation in one line, such as ``verified, level 1 identical``."""
        told = [str(level) for level in self.levels]
        if self.opinion is not None:
            same = all(finding.reproduced for finding in self.opinion)
            told.append(f"{'' if same else 'not '}reproduced independently")
        return ", ".join(told)


def require_level(level: int | None) -> None:
    """Refuse a level that there is not.

    Raises:
        BadInputError: it is none of `LEVELS`.
    """
    if level is not None and level not in LEVELS:
        raise BadInputError(f"--level must be one of {', '.join(map(str, LEVELS))}; received {level}.")


def outcome(level: int, findings: tuple[ReproductionFinding, ...]) -> LevelOutcome:
    """What came of a level that recomputed something, in its word."""
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
    """What no stage of a run is called by comes after all of them."""
    return STAGES.index(finding.what) if finding.what in STAGES else len(STAGES)
