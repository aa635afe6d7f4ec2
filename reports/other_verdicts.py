"""What the criteria would have said under each sensitivity analysis, beside what they say.

Owns the comparison in words; the verdicts are the results' own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reports.formatting import listed
from reports.names import CRITERION_VERDICTS
from reports.wording import Words
from validation.results import Results, Verdict

MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class OtherVerdict:
    """An analysis, its verdict on the study, whether that is another, and in words the criteria that change."""

    analysis: str
    overall: Verdict
    differs: bool
    changed: str


def other_verdicts(results: Results, words: Words) -> tuple[OtherVerdict, ...]:
    """A row an analysis, in the order of the estimates."""
    primary: Mapping[str, str] = {criterion.id: criterion.verdict for criterion in results.criteria}
    rows = []
    for name in dict.fromkeys(estimate.analysis for estimate in results.sensitivity_analyses):
        if found := results.sensitivity_verdicts.get(name):
            changed = [
                f"{id_} {CRITERION_VERDICTS[verdict]}"
                for id_, verdict in found.verdicts.items()
                if verdict != primary.get(id_)
            ]
            shown = changed if len(changed) <= MOST_NAMED else [*changed[:MOST_NAMED], "others"]
            rows.append(
                OtherVerdict(
                    words.analysis(name), found.overall, found.overall != results.verdict, listed(shown)
                )
            )
    return tuple(rows)


def rules_told(results: Results, words: Words) -> tuple[str, ...]:
    """By which rule missing scores and references were ranked, where an analysis needs one of its own."""
    metrics: dict[tuple[str, str], list[str]] = {}
    for estimate in results.sensitivity_analyses:
        if estimate.rule is not None:
            named = words.within(words.metric(estimate.metric))
            metrics.setdefault((estimate.analysis, estimate.rule), []).append(named)
    return tuple(
        f"{words.analysis(name)}, {listed(named)}: {words.spoken(rule)}."
        for (name, rule), named in metrics.items()
    )
