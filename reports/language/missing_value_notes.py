"""Why numbers are missing, one sentence per reason, so that a dash in a table is always explained.

Owns the form of these sentences; the reasons come from the results.
"""

from collections.abc import Iterable

from reports.language.formatting import NOT_ESTIMABLE, listed, sentence

PREFIX = f"{NOT_ESTIMABLE}: "


def missing_value_notes(entries: Iterable[tuple[str | None, str]]) -> tuple[str, ...]:
    """Return one sentence per reason, in the order of first occurrence.

    Args:
        entries: reason (None where nothing is missing) and what is missing.

    >>> missing_value_notes([("not estimable: 0 positives", "slope"), (None, "Brier score"), ("zero width", "kappa")])
    ('Not estimable (0 positives): slope.', 'Interval not given, zero width: kappa.')
    """
    by_reason: dict[str, list[str]] = {}
    for reason, what in entries:
        if reason is not None:
            by_reason.setdefault(reason, []).append(what)
    return tuple(f"{_lead(reason)}: {listed(whats)}." for reason, whats in by_reason.items())


def _lead(reason: str) -> str:
    if reason.startswith(PREFIX):
        return f"{sentence(NOT_ESTIMABLE)} ({reason.removeprefix(PREFIX)})"
    return f"Interval not given, {reason}"
