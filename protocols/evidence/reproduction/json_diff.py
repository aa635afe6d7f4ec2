"""Two documents of results -> the first place where they differ, by key, with both values.

Owns the walk and what "equal" means at each level of rerun. Running again is `rerun`.
Source: DESIGN.md, "What reproduced means".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from protocols.finding import ABSENT
from protocols.schema.metrics import METRICS, SCORE_BASED_TOLERANCE

# Parts of the results that are made of scores from end to end.
SCORE_BASED_PARTS = ("calibration.", "decision_curve[", "precision_recall[", "threshold_sensitivity[")
# What level 2 compares apart: hashes of the scores, and hits, where a point on the edge of a box may fall either way.
COMPARED_APART = ("inputs.", "localisation.")


@dataclass(frozen=True, slots=True)
class Difference:
    """A key, what was recorded and what came out now."""

    key: str
    recorded: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.key}: recorded {self.recorded!r}, recomputed {self.recomputed!r}"


def differences(recorded: Any, recomputed: Any, key: str = "") -> Iterator[Difference]:
    """Every leaf in which two JSON documents differ, in the order of the file."""
    if isinstance(recorded, dict) and isinstance(recomputed, dict):
        for name in sorted({*recorded, *recomputed}):
            path = f"{key}.{name}" if key else name
            yield from differences(recorded.get(name, ABSENT), recomputed.get(name, ABSENT), path)
    elif isinstance(recorded, list) and isinstance(recomputed, list):
        for index in range(max(len(recorded), len(recomputed))):
            ours = recorded[index] if index < len(recorded) else ABSENT
            theirs = recomputed[index] if index < len(recomputed) else ABSENT
            yield from differences(ours, theirs, f"{key}[{_name(ours, index)}]")
    elif type(recorded) is not type(recomputed) or recorded != recomputed:
        yield Difference(key, recorded, recomputed)


def beyond_tolerance(recorded: dict[str, Any], recomputed: dict[str, Any]) -> Iterator[Difference]:
    """Differences that new scores may not cause: all but what is compared apart and small ones of score-based numbers.

    Counts, proportions, F1 and everything else that comes from decisions must be the same; numbers
    made of scores (AUROC, average precision, Brier score, calibration and curves) may move by at most 1e-4.
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
    """Return by how much new scores may move a number, 0 where it is not made of scores."""
    if key.startswith(SCORE_BASED_PARTS):
        return SCORE_BASED_TOLERANCE
    named = (one for name, one in METRICS.items() if f"[{name}," in key or f"[{name}]" in key)
    return max((metric.tolerance for metric in named), default=0.0)


def _name(entry: Any, index: int) -> str:
    """What a person calls an entry of a list: metric with subgroup or axis, its id, step or name, or its position."""
    if isinstance(entry, dict) and "metric" in entry and "subgroup" in entry:
        subgroup = entry["subgroup"]
        analysis = f", {entry['analysis']}" if "analysis" in entry else ""
        return f"{entry['metric']}, {subgroup['axis']}={subgroup['level']}{analysis}"
    if isinstance(entry, dict) and "metric" in entry and "axis" in entry:
        return f"{entry['metric']}, {entry['axis']}"
    for name in ("id", "step", "name", "metric"):
        if isinstance(entry, dict) and name in entry:
            return str(entry[name])
    return str(index)
