"""model/ of a run folder -> the description of the device under test.

Owns which of its files a report prints; their names and types are `protocols.model_folder`. `reports` never imports
`model`: these files are evidence, and are read as such.
"""

from dataclasses import dataclass
from pathlib import Path

from protocols.model_folder import (
    Epoch,
    ModelOperatingPoint,
    ModelPlan,
    TuningPoint,
    read_history,
    read_operating_point,
    read_plan,
    read_tuning_curve,
)


@dataclass(frozen=True, slots=True)
class Device:
    """The device under test as its folder describes it."""

    plan: ModelPlan
    operating_point: ModelOperatingPoint
    history: tuple[Epoch, ...]
    tuning_curve: tuple[TuningPoint, ...]


def read_device(folder: Path) -> Device | None:
    """Read a model folder; None where the run has none.

    Raises:
        BadInputError: a file of it is missing or not as `train` writes it.
    """
    if not folder.is_dir():
        return None
    plan = read_plan(folder)
    return Device(plan, read_operating_point(folder, plan), read_history(folder), read_tuning_curve(folder))
