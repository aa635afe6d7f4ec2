"""Sentences that must be read with a number: what a reviewer would ask and the numbers alone do not say.

Owns when a caution is due. Whether a criterion is met is `criteria`, and no caution changes that.
"""

from collections.abc import Iterator, Sequence

from validation.results import CriterionResult, Estimate
from validation.secondary import Caution, Leakage

LARGEST_SHARE = 0.1
LARGEST_DISAGREEMENT = 0.01


def cautions_of(
    criteria: Sequence[CriterionResult], overall: Sequence[Estimate], leakage: Leakage | None
) -> tuple[Caution, ...]:
    """All cautions of a study.

    Args:
        criteria: as judged; a decision hangs on chance where other draws could move its bound far towards the goal.
        overall: the estimates of the whole cohort; two methods that disagree say that neither is to be trusted alone.
        leakage: test pictures that trained or tuned the device make every number look better than it is.
    """
    return (*_seen_before(leakage), *_unsettled_bounds(criteria), *_disagreeing_intervals(overall))


def _seen_before(leakage: Leakage | None) -> Iterator[Caution]:
    if leakage is not None and leakage.pictures:
        yield Caution(
            "leakage",
            f"{len(leakage.pictures)} of the {leakage.compared} analysed pictures are the same, or nearly the same, as "
            f"pictures that trained or tuned the device ({leakage.identical} identical, {leakage.near} near)",
        )


def _unsettled_bounds(criteria: Sequence[CriterionResult]) -> Iterator[Caution]:
    for criterion in criteria:
        if criterion.observed is None or not criterion.monte_carlo_error:
            continue
        if criterion.monte_carlo_error > LARGEST_SHARE * abs(criterion.observed - criterion.goal):
            yield Caution(
                criterion.id,
                "the Monte-Carlo error of its bound exceeds a tenth of the distance to the goal; raise the number of "
                "replicates in a new version of the protocol",
            )


def _disagreeing_intervals(overall: Sequence[Estimate]) -> Iterator[Caution]:
    for estimate in overall:
        closed = estimate.intervals.get("delong_clustered")
        drawn = estimate.intervals["bca"] or estimate.intervals["percentile"]
        if closed is None or drawn is None:
            continue
        if max(abs(a - b) for a, b in zip(closed, drawn, strict=True)) > LARGEST_DISAGREEMENT:
            yield Caution(
                estimate.metric,
                "a bound of its bootstrap interval and of its DeLong interval differ by more than 0.01",
            )
