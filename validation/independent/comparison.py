"""Comparison of every number of the second opinion with the recorded one, and its report to the user.

Owns which numbers are compared and the definition of "equal". The second opinion is computed by `study`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from protocols.finding import ABSENT, SHOWN, ReproductionFinding
from protocols.schema.criteria import Criterion
from protocols.schema.metrics import METRICS
from protocols.schema.protocol import Protocol
from validation.independent.best_and_worst_case import BEST, PROCESSED_ONLY, WORST
from validation.independent.estimate_rows import FITTED
from validation.independent.replicates import OF_COUNTS, OF_SCORES
from validation.independent.study import Opinion
from validation.independent.verdicts import Judged, overall
from validation.results.results import Results

TOLERANCE = 2e-9  # both are rounded to 9 decimals
FITTED_TOLERANCE = 2e-6  # both are rounded to 6
EXTREMES = tuple(f"sensitivity_analyses[{analysis}, " for analysis in (WORST, BEST, PROCESSED_ONLY))
BOUNDS = {"lower": "lower bound", "upper": "upper bound", "estimate": "estimate"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A number by its key in results.json, as recorded and as computed independently.

    ``difference`` is None where the values are not numbers; whole numbers and words must be the same.
    """

    where: str
    first: Any
    second: Any

    @property
    def difference(self) -> float | None:
        """Absolute difference of two numbers."""
        numbers = isinstance(self.first, float | int) and isinstance(self.second, float | int)
        return abs(self.first - self.second) if numbers else None

    @property
    def equal(self) -> bool:
        """Whether they are equal, fractions within their rounding; above 1 relative to the number."""
        if self.difference is None or isinstance(self.second, int):
            return bool(self.first == self.second)
        fitted = any(name in self.where for name in FITTED)
        tolerance = FITTED_TOLERANCE if fitted else TOLERANCE
        return bool(self.difference <= tolerance * max(1.0, abs(self.second)))


def compare(results: Results, opinion: Opinion, protocol: Protocol) -> tuple[Comparison, ...]:
    """Compare every number of the second opinion with the recorded one, and recorded ones that follow from others.

    A number that only one of them has is compared with "(absent)", as are rows, intervals, criteria and reasons of
    the account that only the recorded one has; other keys of results.json decide nothing and are not compared.
    """
    document = asdict(results)
    for rows in ("estimates", "sensitivity_analyses"):
        document[rows] = [row for row in document[rows] if row["metric"] not in metrics_without_opinion()]
    first, second = dict(_leaves(document)), dict(_leaves(asdict(opinion)))
    only_first = [where for where in first if where not in second and _decides(where)]
    return (
        *(
            Comparison(where, first.get(where, ABSENT), second.get(where, ABSENT))
            for where in (*second, *only_first)
        ),
        *_sums(results, opinion),
        *_verdicts_of_analyses(results, protocol),
    )


def metrics_without_opinion() -> list[str]:
    """Return the metrics of the suite that the second implementation lacks; a criterion on one is a difference."""
    return [name for name in METRICS if name not in OF_COUNTS and name not in OF_SCORES]


def _sums(results: Results, opinion: Opinion) -> Iterator[Comparison]:
    """Compare the recorded rows used and excluded with the rows read."""
    recorded = {
        account.table: account.rows_used + sum(account.rows_excluded.values())
        for account in results.input_account.tables
    }
    for account in opinion.input_account["tables"]:
        where = f"input_account.tables[{account['table']}], rows used and excluded"
        yield Comparison(where, recorded.get(str(account["table"]), ABSENT), account["rows_read"])


def _verdicts_of_analyses(results: Results, protocol: Protocol) -> Iterator[Comparison]:
    """Compare each analysis' overall verdict with that of its criteria, and report missing or unknown criteria."""
    rows = {(row.analysis, row.metric) for row in results.sensitivity_analyses}
    for analysis, recorded in results.sensitivity_verdicts.items():
        where = f"sensitivity_verdicts.{analysis}"
        of = {name: _criterion_of(name, protocol) for name in recorded.verdicts}
        acceptance = [recorded.verdicts[name] for name, one in of.items() if one and one.role == "acceptance"]
        yield Comparison(f"{where}.overall", recorded.overall, overall(acceptance))
        for one in protocol.criteria:
            if (analysis, one.metric) in rows and one not in of.values():
                yield Comparison(f"{where}.verdicts.{one.id}", ABSENT, "a verdict")
        for name in (name for name, one in of.items() if one is None):
            yield Comparison(f"{where}.verdicts.{name}", recorded.verdicts[name], ABSENT)


def _criterion_of(name: str, protocol: Protocol) -> Criterion | None:
    """Return the criterion of a row such as SE or SE[sex=F]."""
    fitting = [one for one in protocol.criteria if name == one.id or name.startswith(f"{one.id}[")]
    return max(fitting, key=lambda one: len(one.id), default=None)


def _leaves(document: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every number and word of a document with its key, such as estimates[auroc, sex=F].intervals.bca[0]."""
    if isinstance(document, Mapping):
        for name, inner in document.items():
            yield from _leaves(inner, f"{where}.{name}" if where else name)
    elif isinstance(document, Sequence) and not isinstance(document, str):
        names: Counter[str] = Counter()
        for index, inner in enumerate(document):
            name = _name(inner, index)
            names[name] += 1
            # Steps of the cohort's source stand before ours and may be named alike; nothing else may be there twice.
            again = f", entry {names[name]}" if names[name] > 1 and where != "flow" else ""
            yield from _leaves(inner, f"{where}[{name}{again}]")
    else:
        yield where, document


def _name(entry: Any, index: int) -> str:
    if not isinstance(entry, Mapping):
        return str(index)
    if "metric" in entry and "subgroup" in entry and "id" not in entry:
        analysis = f"{entry['analysis']}, " if "analysis" in entry else ""
        return f"{analysis}{entry['metric']}, {entry['subgroup']['axis']}={entry['subgroup']['level']}"
    return str(next((entry[key] for key in ("id", "step", "table") if key in entry), index))


def _decides(where: str) -> bool:
    """Return whether a key that only results.json has is a difference."""
    if where.startswith("estimates["):
        return where.endswith("].metric") or "].intervals." in where
    extreme = where.startswith(EXTREMES) and where.endswith("].metric")
    criterion = where.startswith("criteria[") and where.endswith("].verdict")
    beside = where.startswith(("reference_uncertainty.", "tipping_points.")) and not where.endswith(".note")
    return extreme or criterion or beside or where.startswith("input_account.tables[")


def findings(
    comparisons: Sequence[Comparison], criteria: Sequence[Judged]
) -> tuple[ReproductionFinding, ...]:
    """Report both numbers of every criterion, the verdict, the differences, and the extent of the comparison."""
    at = {comparison.where: comparison for comparison in comparisons}
    told = []
    for judged in criteria:
        of = [at[f"criteria[{judged.id}].{name}"] for name in ("observed", "verdict", "against_goal")]
        where = "=".join(judged.subgroup.values())
        about = f"{judged.id}, {BOUNDS[judged.bound]} of {judged.metric} in {where}"
        first, second = (
            _words(values) for values in zip(*((one.first, one.second) for one in of), strict=True)
        )
        told.append(
            ReproductionFinding(about, all(one.equal for one in of), f"first {first}, second {second}")
        )
    different = [comparison for comparison in comparisons if not comparison.equal]
    told += [_both(comparison.where, comparison) for comparison in (at["verdict"], *different[:SHOWN])]
    if len(different) > SHOWN:
        told.append(
            ReproductionFinding("second opinion", False, f"and {len(different) - SHOWN} more numbers")
        )
    distances = [comparison.difference for comparison in comparisons if comparison.difference is not None]
    rows = sum(comparison.where.endswith("].status") for comparison in comparisons)
    parts = (
        "rows, extremes, flow, cohort, input account, draws, resampled readers, tipping points and criteria"
    )
    size = f"{len(distances):,} numbers of {rows} {parts}"
    told.append(
        ReproductionFinding(
            "second opinion", not different, f"{size}: largest difference {max(distances):.1g}"
        )
    )
    if lacking := metrics_without_opinion():
        words = f"{', '.join(lacking)}: the second implementation has no such metric"
        told.append(ReproductionFinding("second opinion", True, words, "not checked"))
    return tuple(told)


def _both(what: str, comparison: Comparison) -> ReproductionFinding:
    words = f"first {_word(comparison.first)}, second {_word(comparison.second)}"
    return ReproductionFinding(what, comparison.equal, words)


def _words(values: Sequence[Any]) -> str:
    """Join the observed value and the verdicts that apply, without duplicates."""
    observed, *words = values
    return " ".join(dict.fromkeys(map(_word, [observed, *filter(None, words)])))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
