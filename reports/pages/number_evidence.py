"""The context of a report -> what the numbers of its pages may come from.

Owns the gathering, which needs to know what the pages hold. The form is `evidence` of the number check.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from reports.appendices.appendices import appendices_of
from reports.content.context import ReportContext
from reports.language.formatting import date_and_time
from reports.number_check.evidence import LintEvidence
from reports.pages.numbering import TITLES
from reports.pages.summary_contents import left_to_the_report
from reports.provenance.source_marks import unmarked
from reports.provenance.sourced_numbers import numbers_of, parts_of


def lint_evidence(context: ReportContext) -> LintEvidence:
    """Return what the numbers of a report may come from; the appendices are computed from the same."""
    results = json.loads(context.results_json)
    appendices = appendices_of(context)
    texts: set[str] = set()
    # Sections are numbered up to their number; missing statements and the errors listed of each kind are counted.
    sizes: set[int] = {*range(1, len(TITLES) + 1), len(context.missing_statements), *context.failures.listed}
    sizes |= {*_counted(context), *left_to_the_report(context)}
    for part in (*_as_read(context), results, appendices):
        _gather(part, texts, sizes)
    counts = [coverage.counts for coverage in appendices.coverage]
    numbers = {**context.numbers, **numbers_of(appendices, "appendices"), **numbers_of(counts, "checklists")}
    return LintEvidence(numbers, results, frozenset(texts), frozenset(sizes))


def _as_read(context: ReportContext) -> Iterator[Any]:
    """Yield what was read, without the sentences made of it: those are to be checked."""
    yield from (context.document, context.protocol, context.notebook, context.device, context.look)
    yield from (context.failures, context.profile, context.record, context.seal, context.trail, context.near)
    if context.robustness:
        yield from (context.robustness.results, context.robustness.timing, context.robustness.sha256)


def _counted(context: ReportContext) -> Iterator[int]:
    """Count what no list of the results has: criteria by verdict, rows, further notices, verdicts that differ."""
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
    elif (parts := parts_of(value)) is not None:
        for one in parts.values():
            _gather(one, texts, sizes)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        sizes.add(len(value))
        for one in value:  # of a mapping, its keys
            _gather(one, texts, sizes)
