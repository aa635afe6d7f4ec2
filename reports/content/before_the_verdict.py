"""Warnings before the verdict, by rule: the lowest performance, and limits of the reference standard.

Owns the rules and the sentences. Notices of tables and results, such as analyses with another verdict, are printed
beside them and come from the results.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter

from reports.content.estimate_rows import LevelRow
from reports.language.formatting import counts, decimal, goal, interval
from reports.language.vocabulary import Words
from reports.run_files.localisation import LocalisationReport
from validation.results.results import WHOLE, CriterionResult, Results, Subgroup

METRICS = ("sensitivity", "specificity")
Goals = Callable[[str], Mapping[Subgroup, CriterionResult]]


def before_the_verdict(
    results: Results, rows: Sequence[LevelRow], goals: Goals, words: Words, look: LocalisationReport | None
) -> tuple[str, ...]:
    """Return the sentences, most important first.

    Args:
        results: of the run.
        rows: the whole cohort and every level.
        goals: the criteria on a metric, by subgroup.
        words: the vocabulary of the run.
        look: localisation, None where not measured.
    """
    return (
        *_lowest(rows, goals, words),
        *([look.finding] if look and look.points_better is False else []),
        *_reference(results),
    )


def _lowest(rows: Sequence[LevelRow], goals: Goals, words: Words) -> Iterator[str]:
    """Yield per metric the sufficient subgroup with the lowest value, and whether its interval lies below the goal."""
    for metric in METRICS:
        known = [row.estimates[metric] for row in rows if row.subgroup != WHOLE]
        found = [(one.value, one) for one in known if one.status == "ok" and one.value is not None]
        if not found:
            continue
        value, worst = min(found, key=itemgetter(0))
        sentence = (
            f"Lowest {words.within(words.metric(metric))}: {words.within(words.whom(worst.subgroup))}, "
            f"{counts(worst)}, {decimal(value)} ({interval(worst.decision)})"
        )
        overall = goals(metric).get(WHOLE)
        if overall and overall.bound != "upper" and worst.decision and worst.decision[1] < overall.goal:
            sentence += f"; even the upper limit is below the goal {goal(overall.goal)} for all {words.units}"
        yield f"{sentence}."


def _reference(results: Results) -> Iterator[str]:
    if results.reference_standard.kind == "single_reader":
        yield "Each image was read by one reader, whose own error is in no interval here."
