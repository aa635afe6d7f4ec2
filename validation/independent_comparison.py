"""Every number of a second opinion beside the recorded one, and what a person is told of it.

Owns which numbers are compared and what "equal" means. Making the second opinion is `independent_opinion`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from protocols.rerun.comparison import ABSENT
from protocols.rerun.reproduction import SHOWN, Finding
from validation.independent_opinion import Judged, Opinion
from validation.independent_rows import FITTED
from validation.results import Results

TOLERANCE = 2e-9  # both are rounded to 9 decimals
FITTED_TOLERANCE = 2e-6  # both are rounded to 6
BOUNDS = {"lower": "lower bound", "upper": "upper bound", "estimate": "estimate"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number by its place in results.json, as recorded and as computed a second time.

    ``difference`` is of two numbers, None of anything else; whole numbers and words must be the same.
    """

    where: str
    first: Any
    second: Any

    @property
    def difference(self) -> float | None:
        """How far two numbers lie apart."""
        numbers = isinstance(self.first, float | int) and isinstance(self.second, float | int)
        return abs(self.first - self.second) if numbers else None

    @property
    def equal(self) -> bool:
        """Exactly, or for fractions as nearly as their rounding can tell; above 1 in proportion to the number."""
        if self.difference is None or isinstance(self.second, int):
            return bool(self.first == self.second)
        fitted = any(name in self.where for name in FITTED)
        tolerance = FITTED_TOLERANCE if fitted else TOLERANCE
        return bool(self.difference <= tolerance * max(1.0, abs(self.second)))


def compare(results: Results, opinion: Opinion) -> tuple[Comparison, ...]:
    """Every number of the second opinion beside the recorded one.

    A number that only one of them has stands beside "(absent)", as do rows, intervals and criteria that only the
    recorded one has; other keys of results.json decide nothing and are not compared.
    """
    first, second = dict(_leaves(asdict(results))), dict(_leaves(asdict(opinion)))
    only_first = [where for where in first if where not in second and _decides(where)]
    return tuple(
        Comparison(where, first.get(where, ABSENT), second.get(where, ABSENT))
        for where in (*second, *only_first)
    )


def _leaves(document: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and word of a document with its place: estimates[auroc, sex=F].intervals.bca[0]."""
    if isinstance(document, Mapping):
        for name, inner in document.items():
            yield from _leaves(inner, f"{where}.{name}" if where else name)
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for index, inner in enumerate(document):
            yield from _leaves(inner, f"{where}[{_name(inner, index)}]")
    else:
        yield where, document


def _name(entry: Any, index: int) -> str:
    if isinstance(entry, Mapping) and ("id" in entry or "step" in entry):
        return str(entry.get("id", entry.get("step")))
    if isinstance(entry, Mapping) and "subgroup" in entry:
        return f"{entry['metric']}, {entry['subgroup']['axis']}={entry['subgroup']['level']}"
    return str(index)


def _decides(where: str) -> bool:
    estimate = where.startswith("estimates[") and (where.endswith("].metric") or "].intervals." in where)
    return estimate or (where.startswith("criteria[") and where.endswith("].verdict"))


def findings(comparisons: Sequence[Comparison], criteria: Sequence[Judged]) -> tuple[Finding, ...]:
    """What a person is told: both numbers of every criterion, the verdict, what differs, and how much was compared."""
    at = {comparison.where: comparison for comparison in comparisons}
    told = []
    for judged in criteria:
        observed, verdict = (at[f"criteria[{judged.id}].{name}"] for name in ("observed", "verdict"))
        where = "=".join(judged.subgroup.values())
        about = f"{judged.id}, {BOUNDS[judged.bound]} of {judged.metric} in {where}"
        first = f"{_word(observed.first)} {_word(verdict.first)}"
        second = f"{_word(observed.second)} {_word(verdict.second)}"
        told.append(Finding(about, observed.equal and verdict.equal, f"first {first}, second {second}"))
    different = [comparison for comparison in comparisons if not comparison.equal]
    told += [_both(comparison.where, comparison) for comparison in (at["verdict"], *different[:SHOWN])]
    if len(different) > SHOWN:
        told.append(Finding("second opinion", False, f"and {len(different) - SHOWN} more numbers"))
    distances = [comparison.difference for comparison in comparisons if comparison.difference is not None]
    rows = sum(comparison.where.endswith("].status") for comparison in comparisons)
    size = f"{len(distances):,} numbers of {rows} rows, flow, cohort, draws and criteria"
    told.append(Finding("second opinion", not different, f"{size}: largest difference {max(distances):.1g}"))
    return tuple(told)


def _both(what: str, comparison: Comparison) -> Finding:
    words = f"first {_word(comparison.first)}, second {_word(comparison.second)}"
    return Finding(what, comparison.equal, words)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
