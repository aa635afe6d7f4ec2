"""How often an interval held the truth, with the limits of what so many simulated studies can say.

Owns counts, limits and the judgement against a target; who simulated what is no matter here.
"""

from dataclasses import dataclass

from validation.intervals.proportions import clopper_pearson

LIMITS = 0.95
COVERAGE = 0.945
ABOVE_ORDINARY = 0.025
ABOVE_CLUSTERED = 0.035


@dataclass(frozen=True, slots=True)
class Share:
    """A share of studies in [0, 1] and its Monte-Carlo limits at 95 %; the limits of an exact sum are the share."""

    value: float
    low: float
    high: float


def share(count: float, studies: int | None) -> Share:
    """``count`` of ``studies``; where ``studies`` is None, ``count`` is itself the exact probability."""
    if studies is None:
        return Share(count, count, count)
    return Share(count / studies, *clopper_pearson(count, studies, LIMITS))


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one interval in one cell.

    Attributes:
        studies: simulated; None where probabilities were summed exactly.
        held: how many intervals held the truth (or the probability of it).
        above: how many lay wholly above it, which is how a device too weak for its goal would pass.
        below: how many lay wholly below it, which is how it would where less is better.
        missing: how many could not be given; these hold nothing and lie nowhere.
        width: the mean of those given.
        insufficient: studies passed over besides, whose row decides nothing by the minimum of patients.
    """

    studies: int | None
    held: float
    above: float
    below: float
    missing: float
    width: float
    insufficient: int = 0

    @property
    def coverage(self) -> Share:
        """The share that held the truth."""
        return share(self.held, self.studies)

    @property
    def too_high(self) -> Share:
        """The share of lower bounds above the truth."""
        return share(self.above, self.studies)

    @property
    def too_low(self) -> Share:
        """The share of upper bounds below the truth."""
        return share(self.below, self.studies)

    def falls_short(self, *, clustered: bool, strictly: bool) -> bool:
        """Whether it fails its targets: strictly, unless it surely meets them; else, only if it surely does not."""
        allowed = ABOVE_CLUSTERED if clustered else ABOVE_ORDINARY
        held = self.coverage.low if strictly else self.coverage.high
        above = self.too_high.high if strictly else self.too_high.low
        return held < COVERAGE or above > allowed + 1e-12

    def undecided(self, *, clustered: bool) -> bool:
        """Whether more studies might change the judgement."""
        return self.falls_short(clustered=clustered, strictly=True) != self.falls_short(
            clustered=clustered, strictly=False
        )

    def judgement(self, *, clustered: bool) -> str:
        """``passes``, ``fails``, or ``open`` where so many studies leave both possible."""
        if self.falls_short(clustered=clustered, strictly=False):
            return "fails"
        return "open" if self.falls_short(clustered=clustered, strictly=True) else "passes"
