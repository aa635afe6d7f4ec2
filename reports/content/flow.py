"""The flow of images by stage, as a diagram shows it.

Owns the grouping of steps; their numbers come from the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from protocols.cohorts.cohort import FlowStep
from protocols.errors import BadInputError
from validation.results.results import Results

STANDING = ("source", "all", "analysed")
WITHIN = ("indeterminate", "not_processed")


@dataclass(frozen=True, slots=True)
class FlowStage:
    """A stage of the flow: the images present, those that leave after it, and subsets among those present."""

    standing: FlowStep
    leaving: tuple[FlowStep, ...]
    among: tuple[FlowStep, ...]


def flow_stages(steps: Sequence[FlowStep]) -> tuple[FlowStage, ...]:
    """Group steps in order under the stage that precedes them.

    Raises:
        BadInputError: the flow begins with an exclusion.
    """
    stages: list[FlowStage] = []
    for step in steps:
        if step.step in STANDING:
            stages.append(FlowStage(step, (), ()))
        elif not stages:
            raise BadInputError(
                f"results.json: flow begins with {step.step!r}; it must begin with what there was."
            )
        elif step.step in WITHIN:
            stages[-1] = replace(stages[-1], among=(*stages[-1].among, step))
        else:
            stages[-1] = replace(stages[-1], leaving=(*stages[-1].leaving, step))
    return tuple(stages)


def steps_not_taken(results: Results) -> tuple[FlowStep, ...]:
    """Return the steps of the protocol at which images could have left and none did."""
    missing = results.analysis.missing
    possible = {
        "indeterminate_excluded": missing.indeterminate == "exclude",
        "not_processed_excluded": missing.not_processed == "exclude",
    }
    return tuple(
        step
        for stage in flow_stages(results.flow)
        for step in stage.leaving
        if not step.images and possible.get(step.step, True)
    )
