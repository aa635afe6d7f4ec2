"""Differences between two documents of results, by key, with both values.

Owns the walk, the names of a list's entries and what "equal" means at each level of rerun. Rerunning is `rerun`.
Source: DESIGN.md, "What reproduced means".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

from pydantic import BaseModel

from protocols.finding import ABSENT
from protocols.schema.metrics import METRICS, SCORE_BASED_TOLERANCE

# Parts of the results that are made of scores from end to end.
SCORE_BASED_PARTS = ("calibration.", "decision_curve[", "precision_recall[", "threshold_sensitivity[")
# What level 2 compares apart: hashes of the scores, and hits, where a point on the edge of a box may fall either way.
COMPARED_APART = ("inputs.", "localisation.")


@dataclass(frozen=True, slots=True)
class Difference:
    """A key with the recorded and the recomputed value."""

    key: str
    recorded: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.key}: recorded {self.recorded!r}, recomputed {self.recomputed!r}"


def differences(recorded: Any, recomputed: Any, key: str = "") -> Iterator[Difference]:
    """Yield every leaf in which two JSON documents differ, in the order of the file."""
    if isinstance(recorded, dict) and isinstance(recomputed, dict):
        for name in sorted({*recorded, *recomputed}):
            path = f"{key}.{name}" if key else name
            yield from differences(recorded.get(name, ABSENT), recomputed.get(name, ABSENT), path)
    elif isinstance(recorded, list) and isinstance(recomputed, list):
        for index in range(max(len(recorded), len(recomputed))):
            ours = recorded[index] if index < len(recorded) else ABSENT
            theirs = recomputed[index] if index < len(recomputed) else ABSENT
            yield from differences(ours, theirs, f"{key}[{entry_name(ours, index)}]")
    elif type(recorded) is not type(recomputed) or recorded != recomputed:
        yield Difference(key, recorded, recomputed)


def beyond_tolerance(recorded: dict[str, Any], recomputed: dict[str, Any]) -> Iterator[Difference]:
    """Yield the differences that recomputed scores may not cause.

    Counts, proportions, F1 and everything else that comes from decisions must be the same; numbers made of scores
    (AUROC, average precision, Brier score, calibration and curves) may move by at most 1e-4. Hashes of scores and
    localisation are compared elsewhere.
    """
    for difference in differences(recorded, recomputed):
        tolerance = _tolerance(difference.key)
        numeric = isinstance(difference.recorded, float | int) and isinstance(
            difference.recomputed, float | int
        )
        small = numeric and abs(difference.recorded - difference.recomputed) <= tolerance
        if not (difference.key.startswith(COMPARED_APART) or (tolerance and small)):
            yield difference


def _tolerance(key: str) -> float:
    """Return by how much recomputed scores may move a number; 0 where it is not made of scores."""
    if key.startswith(SCORE_BASED_PARTS):
        return SCORE_BASED_TOLERANCE
    named = (one for name, one in METRICS.items() if f"[{name}," in key or f"[{name}]" in key)
    return max((metric.tolerance for metric in named), default=0.0)


def entry_name(entry: Any, place: int) -> str:
    """Return the name of an entry of a list: metric with subgroup or axis, its id, step or name, or its place.

    Args:
        entry: of a JSON document, or the frozen object that was read from it.
        place: of the entry in its list, from 0.
    """
    metric, subgroup = _part(entry, "metric"), _part(entry, "subgroup")
    if metric is not None and subgroup is not None:
        named = f"{metric}, {_part(subgroup, 'axis')}={_part(subgroup, 'level')}"
        analysis = _part(entry, "analysis")
        return named if analysis is None else f"{named}, {analysis}"
    axis = _part(entry, "axis")
    if metric is not None and axis is not None:
        return f"{metric}, {axis}"
    names = (_part(entry, name) for name in ("id", "step", "name", "metric"))
    return str(next((name for name in names if name is not None), place))


def _part(entry: Any, name: str) -> Any:
    """Return a named part of a table or an object; None for anything else, such as the numbers of a pair."""
    if isinstance(entry, Mapping):
        return entry.get(name)
    return getattr(entry, name, None) if is_dataclass(entry) or isinstance(entry, BaseModel) else None
