"""The operating point: the threshold that the protocol states, or the model's own, frozen before the study.

Owns the reading of operating_point.json for validation. Choosing a threshold is `model.artifact.operating_point`.
"""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from protocols.errors import BadInputError
from protocols.schema.protocol import OperatingPoint
from protocols.storage.canonical import sha256_bytes
from validation.results.results import OperatingPointUsed

CHOSEN_ON_TUNING = "chosen by the rule on the tuning split when the model was trained"


class FrozenChoice(BaseModel):
    """The required keys of operating_point.json; the rest of the file documents the choice."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    threshold: Annotated[float, Field(ge=0, le=1)]
    rule: str


def operating_point(stated: OperatingPoint, file: Path | None) -> OperatingPointUsed:
    """Return the threshold of a run and its origin.

    Raises:
        BadInputError: the file is missing where the protocol requires it, given where the protocol states the
            threshold, not readable, or made by another rule.
    """
    if stated.threshold is not None:
        if file is not None:
            raise BadInputError(
                f"{file}: the protocol states threshold {stated.threshold:g} itself; leave out --operating-point, "
                'or write from = "model" in the protocol.'
            )
        return OperatingPointUsed(stated.threshold, None, str(stated.source), None)
    if file is None:
        raise BadInputError(
            'The protocol states operating_point from = "model"; give the model\'s file with --operating-point.'
        )
    try:
        content = file.read_bytes()
        choice = FrozenChoice.model_validate_json(content)
    except OSError as error:
        raise BadInputError(f"{file}: cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise BadInputError(
            f"{file}: is not an operating point; it needs a threshold in [0, 1] and the rule that chose it."
        ) from error
    if choice.rule != stated.rule:
        raise BadInputError(
            f"{file}: its threshold was chosen by {choice.rule!r}; the protocol requires {stated.rule!r}."
        )
    return OperatingPointUsed(choice.threshold, choice.rule, CHOSEN_ON_TUNING, sha256_bytes(content))
