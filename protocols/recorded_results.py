"""The keys of results.json that evidence reads: its protocol, verdict, threshold, seed and estimates.

Owns these few keys as types. The whole of results.json, and its writing, is `validation.results`'s, on which no part
of an auditor's check may depend.
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
    """The operating point of the recorded decisions."""

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
    """One metric in one subgroup, with its intervals by name; None where one is undefined."""

    metric: str
    subgroup: RecordedLevel
    status: str
    value: int | float | None
    intervals: Mapping[str, tuple[float, float] | None]
    decision_interval: str | None


@dataclass(frozen=True, slots=True)
class RecordedResults(ResultsHead):
    """The recorded results of a bundle."""

    resampling: RecordedResampling
    estimates: tuple[RecordedEstimate, ...]


def recorded_results(
    content: bytes, kind: type[T], *, source: str = "results.json", error: type[SuiteError] = BadInputError
) -> T:
    """Read the keys of a results.json that ``kind``, a type of this file, declares.

    Raises:
        SuiteError: of the class ``error``; it is not of this schema.
    """
    return read_document(content, kind, schema=RESULTS_SCHEMA, source=source, error=error)
