"""Why numbers are not there, told: alike reasons in one sentence, so that a table keeps its dashes and loses nothing.

Owns the form of these sentences; the reasons are the results' own.
"""

from collections.abc import Iterable

from reports.language.formatting import NOT_ESTIMABLE, listed, sentence

PREFIX = f"{NOT_ESTIMABLE}: "


def reasons_told(entries: Iterable[tuple[str | None, str]]) -> tuple[str, ...]:
    """One sentence a reason, in the order in which they first occur.

    Args:
        entries: the reason, None where nothing is missing, and what is missing for it.

    >>> reasons_told([("not estimable: 0 positives", "slope"), (None, "Brier score"), ("zero width", "kappa")])
    ('Not estimable (0 positives): slope.', 'Interval not given, zero width: kappa.')
    """
    by_reason: dict[str, list[str]] = {}
    for reason, what in entries:
        if reason is not None:
            by_reason.setdefault(reason, []).append(what)
    return tuple(f"{_told(reason)}: {listed(whats)}." for reason, whats in by_reason.items())


def _told(reason: str) -> str:
    if reason.startswith(PREFIX):
        return f"{sentence(NOT_ESTIMABLE)} ({reason.removeprefix(PREFIX)})"
    return f"Interval not given, {reason}"
