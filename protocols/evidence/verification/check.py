"""One line of a verification: what was looked at, what came of it, and every file that is not as it should be.

Owns the three things that can come of a check. Which checks there are is `verification`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "not checked"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one file; its path is relative to the bundle, as ``bag/data/results.json``."""

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """What came of looking at one thing.

    Attributes:
        name: what was looked at.
        status: ``not checked`` where bytes that the check would have to read are not covered by the signature.
        words: what was found, in short.
        problems: every file that is not as it should be, by its path.
    """

    name: str
    status: Status
    words: str
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the promise was looked at and is kept."""
        return self.status == "passed"


def check_of(name: str, problems: Iterable[Problem], kept: str) -> Check:
    """Passed with the words ``kept`` where there is no problem."""
    found = tuple(sorted(problems, key=lambda problem: (problem.file, problem.words)))
    if not found:
        return Check(name, "passed", kept)
    number = "1 problem" if len(found) == 1 else f"{len(found):,} problems"
    return Check(name, "failed", number, found)


def not_checked(name: str, why: str) -> Check:
    """A check whose bytes nothing vouches for."""
    return Check(name, "not checked", why)
