"""What the number linter finds, and the refusal that says so.

Owns the finding and its words. What is one is decided by `check` and `pdf_against_html`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from protocols.errors import SuiteError

Rule = Literal["pdf", "unsourced", "source", "value", "finite", "sum", "figure"]

OF_THE_EVIDENCE = ("sum", "finite")
LISTED_AT_MOST = 5
LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A number that may not be where it is.

    Attributes:
        rule: ``pdf`` (not what was laid out), ``unsourced``, ``source`` (names none that there is), ``value`` (not what
            its source says), ``finite`` (no number), ``sum`` (does not come out), ``figure`` (not in the table behind
            the figure).
        page: of the PDF, None where no single one is to blame.
        token: what is printed.
        key: the source that it names, or where in the evidence the fault lies; empty where there is none.
        sentence: what is wrong.
    """

    rule: Rule
    page: int | None
    token: str
    key: str
    sentence: str

    def __str__(self) -> str:
        place = f"page {self.page}: " if self.page is not None else ""
        return f"{place}{self.token!r}: {self.sentence}" if self.token else f"{place}{self.sentence}"


class NumbersDifferError(SuiteError):
    """The report would print numbers that its evidence does not support; nothing has been written.

    Attributes:
        findings: all of them.
        exit_code: 1 where the evidence contradicts itself, otherwise 4, as a template or the layout is at fault.
    """

    def __init__(self, findings: Sequence[LintFinding]) -> None:
        listed = "; ".join(str(finding) for finding in findings[:LISTED_AT_MOST])
        more = f"; and {len(findings) - LISTED_AT_MOST} more" if len(findings) > LISTED_AT_MOST else ""
        super().__init__(
            f"The report was not written, as {len(findings)} of its numbers cannot be traced or contradict one "
            f"another: {listed}{more}. Validate the run again; where that changes nothing, a template is at fault."
        )
        self.findings = tuple(findings)
        self.exit_code = 1 if any(finding.rule in OF_THE_EVIDENCE for finding in findings) else 4


def quoted(text: str) -> str:
    """Return a text as a finding quotes it: on one line, and cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"
