"""The operating point: the threshold that the protocol states, or the model's own, frozen before the study.

Owns the reading of operating_point.json for validation. Choosing a threshold is `model.artifact.operating_point`.
"""

from pathlib import Path

from protocols.errors import BadInputError
from protocols.model_folder import read_threshold
from protocols.schema.reference_standard import OperatingPoint
from validation.results.results import OperatingPointUsed

CHOSEN_ON_TUNING = "chosen by the rule on the tuning split when the model was trained"


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
            'The protocol says operating_point from = "model"; give the model\'s file with --operating-point.'
        )
    choice, sha256 = read_threshold(file)
    if choice.rule != stated.rule:
        raise BadInputError(
            f"{file}: its threshold was chosen by {choice.rule!r}; the protocol promises {stated.rule!r}."
        )
    return OperatingPointUsed(choice.threshold, choice.rule, CHOSEN_ON_TUNING, sha256)
