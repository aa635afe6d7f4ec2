"""The planned looks in words: which look this is, what each uses of alpha, and a look beyond the plan.

Owns these sentences, for pages and the terminal; all are empty where one look is planned. The levels come from the
results, the number of a look from the ledger. Bonferroni's inequality: docs/methods/looks.md.
"""

from reports.language.formatting import alpha, count, level, level_of_look
from validation.results.results import Results


def of_planned(results: Results, number: int | None) -> str:
    """Return what follows the number of a look: `` of 3 planned``; empty for one beyond the plan."""
    planned = results.looks.planned
    return f" of {count(planned)} planned" if number and 1 < planned >= number else ""


def alpha_of_look(results: Results) -> str:
    """Return what a look uses: ``each look uses 1.67 % of the 5 %``."""
    if results.looks.planned == 1:
        return ""
    whole = alpha(1 - results.resampling.confidence_level)
    return f"each look uses {alpha(results.looks.alpha_per_look)} of the {whole}"


def beyond_plan(results: Results, number: int | None) -> str:
    """Return the warning of a look whose number is above that planned; empty for any other."""
    planned = results.looks.planned
    if not number or planned == 1 or number <= planned:
        return ""
    whole = alpha(1 - results.resampling.confidence_level)
    return (
        f"look {count(number)}, but {count(planned)} were planned: the type I error over all looks is no longer held "
        f"at {whole}"
    )


def deciding_level(results: Results) -> str:
    """Return the level of the deciding intervals: ``95 %``, of three looks ``98.33 %``."""
    if results.looks.planned == 1:
        return level(results.resampling.confidence_level)
    return level_of_look(results.looks.deciding_confidence_level)


def both_levels(results: Results) -> str:
    """Return the level of a table's intervals and that of the deciding ones: ``95 %``, ``95 %, deciding 98.33 %``."""
    usual = level(results.resampling.confidence_level)
    return usual if results.looks.planned == 1 else f"{usual}, deciding {deciding_level(results)}"
