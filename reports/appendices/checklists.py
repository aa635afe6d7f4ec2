"""Reporting checklists: where and how the report meets each item, computed from a run, never declared.

Owns the form of the tables in checklists/*.toml, the answer to an item, and the counts. Predicates on the evidence are
`available_evidence`, the sponsor's statements `protocols.schema.submission`. Topics are in the suite's own words.
Sources: each table names its publication, and how far it could be read.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import Strict, model_validator

from protocols.schema.document import Table, Text
from protocols.schema.submission import Submission
from reports.appendices.available_evidence import PREDICATES
from reports.content.context import ReportContext

FOLDER = "checklists"
Status = Literal["evidence", "sponsor", "gap", "human", "not_applicable"]
# In the order of columns.
STATUSES: Mapping[Status, str] = {
    "evidence": "met from the evidence",
    "sponsor": "supplied by the sponsor",
    "gap": "gap",
    "human": "needs a person",
    "not_applicable": "not applicable",
}
# The same for a narrow column.
ANSWERS: Mapping[Status, str] = {
    "evidence": "evidence",
    "sponsor": "sponsor",
    "gap": "gap",
    "human": "person",
    "not_applicable": "not applicable",
}
Names = Annotated[tuple[Text, ...], Strict(False)]


class ChecklistItem(Table):
    """One item of a checklist, and the one way in which it can be met.

    ``evidence`` names `PREDICATES`, ``sponsor`` keys of ``[submission]``. Where both are given, either is enough
    unless ``needs`` is ``all``.
    """

    id: Text
    topic: Text
    section: Text
    evidence: Names = ()
    sponsor: Names = ()
    needs: Literal["either", "all"] = "either"
    human: Text | None = None
    not_applicable: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [bool(self.evidence or self.sponsor), self.human is not None, self.not_applicable is not None]
        if sum(ways) != 1:
            raise ValueError(
                f"item {self.id!r} must be met by evidence or sponsor, need a person, or not apply"
            )
        unknown = {*self.evidence} - {*PREDICATES} | {*self.sponsor} - {*Submission.model_fields}
        if unknown:
            raise ValueError(f"item {self.id!r} names neither evidence nor keys of [submission]: {unknown}")
        return self


class Checklist(Table):
    """A checklist: its publication, how far that could be read, and its items."""

    order: int
    id: Text
    title: Text
    source: Text
    reading: Text
    items: Annotated[tuple[ChecklistItem, ...], Strict(False)]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an item; ``note`` states how it is met, or what is missing."""

    item: ChecklistItem
    status: Status
    note: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """A checklist and the answers to its items, in its order."""

    checklist: Checklist
    answers: tuple[Answer, ...]

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many items have each status; their sum is the number of items."""
        found = Counter(answer.status for answer in self.answers)
        return {status: found[status] for status in STATUSES}


@cache
def checklists() -> tuple[Checklist, ...]:
    """Read the checklists of the suite, in the order in which they are printed."""
    files = (file for file in (resources.files("reports") / FOLDER).iterdir() if file.name.endswith(".toml"))
    read = (Checklist.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files)
    return tuple(sorted(read, key=lambda checklist: checklist.order))


def coverage_of(context: ReportContext) -> tuple[Coverage, ...]:
    """Answer every item of every checklist from the evidence of a run and the sponsor's statements."""
    return tuple(
        Coverage(checklist, tuple(_answer(item, context) for item in checklist.items))
        for checklist in checklists()
    )


def _answer(item: ChecklistItem, context: ReportContext) -> Answer:
    if item.not_applicable is not None:
        return Answer(item, "not_applicable", item.not_applicable)
    if item.human is not None:
        return Answer(item, "human", item.human)
    submission = context.protocol.submission
    missing = _descriptions([name for name in item.evidence if not PREDICATES[name].available(context)])
    unstated = _keys([key for key in item.sponsor if not getattr(submission, key)])
    if item.needs == "all":
        if missing or unstated:
            return Answer(item, "gap", "; ".join(missing + unstated))
        return Answer(item, "sponsor", "; ".join(_descriptions(item.evidence) + _keys(item.sponsor)))
    if item.evidence and not missing:
        return Answer(item, "evidence", "; ".join(_descriptions(item.evidence)))
    if item.sponsor and not unstated:
        return Answer(item, "sponsor", "; ".join(_keys(item.sponsor)))
    return Answer(item, "gap", " or ".join(filter(None, ("; ".join(missing), *unstated))))


def _descriptions(names: Sequence[str]) -> list[str]:
    return [PREDICATES[name].description for name in names]


def _keys(keys: Sequence[str]) -> list[str]:
    return [f"[submission] {', '.join(keys)}"] if keys else []
