"""A metric of one row as it was computed, before it is judged, rounded and written.

Owns what the makers of metrics (`from_counts`, `from_scores`) hand to the judge of rows (`estimates`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.storage.canonical import PLACES
from validation.cohort.outcomes import Tally
from validation.intervals.bootstrap import BootstrapInterval, NoInterval
from validation.intervals.proportions import ClusteredProportion, Interval

BOOTSTRAP_INTERVALS = ("percentile", "bca")  # of every metric
Intervals = Mapping[str, Interval | BootstrapInterval | NoInterval]


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A value, NaN where undefined, with every interval that applies to it or the reason why it is not given.

    ``preferred`` names the interval that should decide; ``places`` are the decimals of the value and of what is not
    fitted; ``class_patients`` of a metric of scores are the effective numbers of patients of positives and negatives.
    """

    metric: str
    value: float
    intervals: Intervals
    preferred: str
    tally: Tally
    undefined_replicates: int
    numerator: int | None = None
    denominator: int | None = None
    clustered: ClusteredProportion | None = None
    class_patients: tuple[float, float] | None = None
    places: int = PLACES
