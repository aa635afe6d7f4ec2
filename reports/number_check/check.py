"""The number linter: no number of a finished report is unsourced, contradictory or no number at all.

Owns the rules. The numbers of the PDF are held against the page that was laid out (`pdf_against_html`), those of the
page against the evidence that they name, and the evidence against itself (`results_consistency`). What carries a source
is `sourced_numbers`; what is on a page `html`, in a PDF `pdf`; which digits are the text's own `allowed_literals`.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from reports.number_check.allowed_literals import without_literals
from reports.number_check.evidence import TOKEN, LintEvidence, alike
from reports.number_check.figures import differing_letters
from reports.number_check.finding import LintFinding, NumbersDifferError, quoted
from reports.number_check.html import CELL, DRAWING, PageText, Part, page_text
from reports.number_check.pdf_against_html import collate
from reports.number_check.printed_number import PER_CENT, printed_numbers
from reports.number_check.results_consistency import disagreements
from reports.pdf.page_text import printed_pages
from reports.provenance.formulas import evaluate
from reports.provenance.sourced_numbers import Number

PLACES_OF_TICKS = 2
_TICK = re.compile(r"[−+]?\d[\d,]*(?:\.\d+)?(?:[–-]\d+|\+| or more)?(?:\s?%)?")
_RESULT = re.compile(r"\d+\.\d+|\d+(?:\.\d+)? ?%|\d{1,3}(?:,\d{3})+|\d+/\d+")
_NOT_A_NUMBER = re.compile(r"(?<![\w.-])(?:nan|NaN|inf|-inf|Infinity)(?![\w.-])")
_NOTHING = re.compile(r"(?:None|Undefined|null)")


def refuse_numbers(pdf: bytes, html: str, evidence: LintEvidence) -> None:
    """Lint a document.

    Raises:
        NumbersDifferError: there is a finding.
    """
    findings = lint(pdf, html, evidence)
    if findings:
        raise NumbersDifferError(findings)


def lint(pdf: bytes, html: str, evidence: LintEvidence) -> tuple[LintFinding, ...]:
    """Return a finding for every number of a finished document that may not be in it.

    Args:
        pdf: the document as it will be written.
        html: the page that it was laid out from, with the elements that name sources.
        evidence: what these sources lead to.
    """
    return (
        *lint_page(pdf, html, evidence),
        *(
            LintFinding(
                "finite" if one.rule == "non-finite" else "sum",
                None,
                "",
                one.key,
                f"{one.key}: {one.sentence}",
            )
            for one in disagreements(evidence.results)
        ),
    )


def lint_page(pdf: bytes, html: str, evidence: LintEvidence) -> tuple[LintFinding, ...]:
    """Lint a document whose evidence is not results.json, of which no sums are known."""
    pages, text = printed_pages(pdf), page_text(html)
    return (*collate(pages, text), *_sourced(text, evidence), *differing_letters(html, evidence.figures))


def _sourced(text: PageText, evidence: LintEvidence) -> Iterator[LintFinding]:
    """Yield what the page states without a source, or otherwise than its source."""
    for _, parts in groupby(text.parts, key=lambda part: part.block):
        block = list(parts)
        beside = any(_keyed(part) for part in block)
        for part in block:
            broken = tuple(_no_number(part, evidence))
            yield from broken
            if broken:
                continue
            if part.formulas:
                yield from _as_its_source(part, evidence)
            elif part.worded:
                yield from _in_words(part, evidence)
            else:
                yield from _of_the_template(part, beside)


def _keyed(part: Part) -> bool:
    return any("#" in formula for formula in part.formulas)


def _no_number(part: Part, evidence: LintEvidence) -> Iterator[LintFinding]:
    if part.text.strip() in evidence.texts:
        return
    if _NOTHING.fullmatch(part.text.strip()) or _NOT_A_NUMBER.search(part.text):
        yield LintFinding("finite", None, part.text.strip(), "", "is printed where a number belongs")


def _as_its_source(part: Part, evidence: LintEvidence) -> Iterator[LintFinding]:
    values = []
    for formula in part.formulas:
        try:
            values.append(evaluate(formula, evidence.numbers))
        except (KeyError, ValueError, ZeroDivisionError):
            yield LintFinding(
                "source", None, part.text, formula, f"names {formula}, which the evidence does not hold"
            )
            return
    if not _keyed(part):
        for formula, value in zip(part.formulas, values, strict=True):
            if value not in evidence.whole and not (isinstance(value, float) and _backed(value, evidence)):
                yield LintFinding(
                    "unsourced", None, part.text, formula, "was worked out from nothing in the evidence"
                )
    for number in printed_numbers(part.text):
        if not any(map(number.reads, _readings(values, number.unit))):
            yield LintFinding(
                "value",
                None,
                part.text,
                " ".join(part.formulas),
                f"is not what {' and '.join(part.formulas)} says: {', '.join(map(str, values))}",
            )
            return


def _readings(values: Sequence[Number], unit: str) -> Iterator[float]:
    """Yield what may be printed of some numbers: each, and as per cent the proportion of one in the other."""
    yield from values
    if unit == PER_CENT and len(values) == 2 and values[1]:
        yield values[0] / values[1]


def _backed(value: float, evidence: LintEvidence) -> bool:
    return value in evidence.numbers.values()


def _in_words(part: Part, evidence: LintEvidence) -> Iterator[LintFinding]:
    """Yield the numbers of a string that are not in the evidence; the axes of a figure have round numbers."""
    if alike(part.text) in evidence.alike or evidence.abbreviates(part.text):
        return
    text = without_literals(part.text)
    if part.place == DRAWING and _TICK.fullmatch(part.text.strip()) and _is_round(part.text):
        return
    for token in TOKEN.findall(text):
        known = token in evidence.tokens
        if part.place == DRAWING and not known:
            plain = token.replace(",", "")
            known = plain.isdecimal() and int(plain) in evidence.whole
        if not known:
            yield LintFinding(
                "unsourced", None, token, "", f"has no source in the evidence ({quoted(part.text)})"
            )


def _is_round(text: str) -> bool:
    """Say whether an axis would have a number: whole, of few decimals, or near 1 on a logit scale."""
    decimals = re.findall(r"\.(\d+)", text)
    return all(len(places.strip("0")) <= PLACES_OF_TICKS or set(places) == {"9"} for places in decimals)


def _of_the_template(part: Part, beside: bool) -> Iterator[LintFinding]:
    """Yield what a template states by itself: what looks like a result, and counts beside sourced numbers."""
    text = without_literals(part.text)
    for token in _RESULT.findall(text):
        yield LintFinding("unsourced", None, token, "", f"is typed in a template ({quoted(part.text)})")
    if beside:
        for token in TOKEN.findall(_RESULT.sub(" ", text)):
            if token not in ("0", "1") or part.place in (CELL, DRAWING):
                yield LintFinding(
                    "unsourced",
                    None,
                    token,
                    "",
                    f"is typed beside numbers of the evidence ({quoted(part.text)})",
                )
