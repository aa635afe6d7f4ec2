"""What the numbers of a document may come from: the numbers of the evidence by their places, its strings, its sizes.

Owns the gathering. Which number may stand on which of these is `check`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from reports.appendices.appendices import appendices_of
from reports.content.context import ReportContext
from reports.figures.figure_data import FigureData
from reports.language.formatting import date_and_time
from reports.pages.numbering import TITLES
from reports.pages.summary_contents import left_to_the_report
from reports.provenance.marks import unmarked
from reports.provenance.sourced_numbers import Number, numbers_of

TOKEN = re.compile(r"\d+(?:[.,]\d+)*")

HASH = re.compile(r"[0-9a-f]{8,}")


def alike(text: str) -> str:
    """A string as it is compared: without capitals, kinds of spaces and dashes, and its full stop."""
    return " ".join(text.replace("–", "-").replace("’", "'").casefold().split()).rstrip(".")


@dataclass(frozen=True)
class LintEvidence:
    """What the numbers of a page may come from.

    Attributes:
        numbers: key -> number.
        results: results.json as it lies in the file.
        texts: every string of the evidence.
        sizes: how many entries the lists and tables of the evidence have.
        figures: the table behind each figure of the document, by the figure's name.
    """

    numbers: Mapping[str, Number]
    results: Mapping[str, Any]
    texts: frozenset[str]
    sizes: frozenset[int]
    figures: Mapping[str, FigureData] = field(default_factory=dict)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """The numbers within the strings."""
        return frozenset(token for text in self.texts for token in TOKEN.findall(text))

    @cached_property
    def alike(self) -> frozenset[str]:
        """The strings as they are compared: without capitals and the kinds of spaces and dashes."""
        return frozenset(alike(text) for text in self.texts)

    def abbreviates(self, text: str) -> bool:
        """Whether a text is the beginning of a string that looks like a hash, or its two ends."""
        head, _, tail = text.strip().partition("…")
        return HASH.fullmatch(head + tail) is not None and any(
            known.startswith(head) and known.endswith(tail) for known in self.texts
        )

    @cached_property
    def whole(self) -> frozenset[int]:
        """The whole numbers, sizes among them."""
        return self.sizes | {number for number in self.numbers.values() if isinstance(number, int)}


def lint_evidence(context: ReportContext) -> LintEvidence:
    """What the numbers of a report of this context may come from; the appendices are worked out from the same."""
    results = json.loads(context.results_json)
    appendices = appendices_of(context)
    texts: set[str] = set()
    # Sections are numbered up to their number; gaps and the errors listed of each kind are counted.
    sizes: set[int] = {*range(1, len(TITLES) + 1), len(context.missing_statements), *context.failures.listed}
    sizes |= {*_counted(context), *left_to_the_report(context)}
    for part in (*_as_read(context), results, appendices):
        _gather(part, texts, sizes)
    counts = [coverage.counts for coverage in appendices.coverage]
    numbers = {**context.numbers, **numbers_of(appendices, "appendices"), **numbers_of(counts, "checklists")}
    return LintEvidence(numbers, results, frozenset(texts), frozenset(sizes))


def _as_read(context: ReportContext) -> Iterator[Any]:
    """What was read, without the sentences that were made of it: those are to be checked."""
    yield from (context.document, context.protocol, context.notebook, context.device, context.look)
    yield from (context.failures, context.profile, context.record, context.seal, context.trail, context.near)
    if context.robustness:
        yield from (context.robustness.results, context.robustness.timing, context.robustness.sha256)


def _counted(context: ReportContext) -> Iterator[int]:
    """Numbers that no list of the results has: of criteria by verdict, rows, further notices, verdicts that differ."""
    results = context.results
    yield from (len(context.acceptance), len(context.consistency), len(context.rows))
    yield len(results.input_account.notices) - len(context.notices)
    yield sum(one.overall != results.verdict for one in results.sensitivity_verdicts.values())
    yield from Counter(row.result.verdict for row in context.acceptance).values()


def _gather(value: Any, texts: set[str], sizes: set[int]) -> None:
    if isinstance(value, str):
        texts.add(unmarked(value))
    elif isinstance(value, datetime):
        texts.add(date_and_time(value))
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            _gather(getattr(value, field.name), texts, sizes)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            _gather(getattr(value, name), texts, sizes)
    elif isinstance(value, Mapping):
        sizes.add(len(value))
        for name, one in value.items():
            _gather(name, texts, sizes)
            _gather(one, texts, sizes)
    elif isinstance(value, list | tuple | set | frozenset):
        sizes.add(len(value))
        for one in value:
            _gather(one, texts, sizes)
