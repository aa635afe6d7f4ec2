"""One line of a verification: what was checked, the outcome, and every file with a problem.

Owns the three outcomes of a check. The list of checks is in `verify`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "not checked"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with one file; its path is relative to the bundle, such as ``bag/data/results.json``."""

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check.

    Attributes:
        name: what was checked.
        status: ``not checked`` where the signature does not cover bytes that the check needs.
        words: the outcome in short.
        problems: every file with a problem, by its path.
    """

    name: str
    status: Status
    words: str
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the check was made and found no problem."""
        return self.status == "passed"


def check_of(name: str, problems: Iterable[Problem], kept: str) -> Check:
    """Return a check that failed with its problems; without any it passed, with the words ``kept``."""
    found = tuple(sorted(problems, key=lambda problem: (problem.file, problem.words)))
    if not found:
        return Check(name, "passed", kept)
    number = "1 problem" if len(found) == 1 else f"{len(found):,} problems"
    return Check(name, "failed", number, found)


def not_checked(name: str, why: str) -> Check:
    """Return a check that was not made because the signature does not cover its bytes."""
    return Check(name, "not checked", why)
