"""What evidence needs to know of a results.json: its protocol, verdict, threshold, seed and estimates.

Owns these few keys as types. All of results.json, and its writing, is `validation.results`' business, which no part of
an auditor's check may depend on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from protocols.errors import BadInputError, SuiteError
from protocols.schema.load import ProtocolIdentity
from protocols.storage.json_document import read_document

RESULTS_SCHEMA = "cxr510k-results/1"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ResultsHead:
    """The protocol of the results, and their verdict."""

    protocol: ProtocolIdentity
    verdict: str


@dataclass(frozen=True, slots=True)
class RecordedThreshold:
    """Test positive when score >= threshold."""

    threshold: float


@dataclass(frozen=True, slots=True)
class RecordedDecisions:
    """What the recorded decisions were made with."""

    operating_point: RecordedThreshold


@dataclass(frozen=True, slots=True)
class RecordedResampling:
    """The seed of the bootstrap."""

    seed: int


@dataclass(frozen=True, slots=True)
class RecordedLevel:
    """One level of one axis of subgroups."""

    axis: str
    level: str


@dataclass(frozen=True, slots=True)
class RecordedEstimate:
    """One metric in one subgroup, with its intervals by name; None where one could not be given."""

    metric: str
    subgroup: RecordedLevel
    status: str
    value: int | float | None
    intervals: Mapping[str, tuple[float, float] | None]
    decision_interval: str | None


@dataclass(frozen=True, slots=True)
class RecordedResults(ResultsHead):
    """What a bundle says of the results it holds."""

    resampling: RecordedResampling
    estimates: tuple[RecordedEstimate, ...]


def recorded_results(
    content: bytes, kind: type[T], *, source: str = "results.json", error: type[SuiteError] = BadInputError
) -> T:
    """Read of a results.json what ``kind``, a type of this file, has.

    Raises:
        SuiteError: of the class ``error``; it is not of this schema.
    """
    return read_document(content, kind, schema=RESULTS_SCHEMA, source=source, error=error)
