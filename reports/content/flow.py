"""The flow of images as a diagram reads it: what stands, what leaves after it, and what is among it.

Owns the gathering of steps; their numbers are the results' own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.cohorts.cohort import FlowStep
from protocols.errors import BadInputError
from validation.results.results import Results

STANDING = ("source", "all", "analysed")
WITHIN = ("indeterminate", "not_processed")


@dataclass(frozen=True, slots=True)
class FlowStage:
    """What stands at one place of the flow, what leaves after it, and what is among it."""

    standing: FlowStep
    leaving: tuple[FlowStep, ...]
    among: tuple[FlowStep, ...]


def flow_stages(steps: Sequence[FlowStep]) -> tuple[FlowStage, ...]:
    """Steps in order, gathered under the one that stands before them.

    Raises:
        BadInputError: the flow begins with images that leave.
    """
    stages: list[FlowStage] = []
    for step in steps:
        if step.step in STANDING:
            stages.append(FlowStage(step, (), ()))
        elif not stages:
            raise BadInputError(
                f"results.json: flow begins with {step.step!r}; it must begin with what there was."
            )
        else:
            last = stages.pop()
            within = step.step in WITHIN
            stages.append(
                FlowStage(
                    last.standing,
                    last.leaving if within else (*last.leaving, step),
                    (*last.among, step) if within else last.among,
                )
            )
    return tuple(stages)


def steps_not_taken(results: Results) -> tuple[FlowStep, ...]:
    """Steps at which images would have left and none did, but for those that the protocol does not take."""
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
