"""The number linter: no number stands in a finished report that is unsourced, contradictory or no number at all.

Owns the rules. It reads the PDF as it lies there, holds its numbers against the page that was laid out, those of the
page against the evidence that they name, and the evidence against itself. What carries a source is `sourcing`; what is
on a page `lint_html`, in a PDF `lint_pdf`; which sums must come out `reconciliation`; which digits are the text's own
`literals`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from protocols.errors import SuiteError
from reports.formulas import worked_out
from reports.lint_evidence import TOKEN, LintEvidence, alike
from reports.lint_html import DRAWING, PageText, Part, page_text
from reports.lint_pdf import PrintedPage, printed_pages
from reports.literals import without_literals
from reports.reconciliation import disagreements
from reports.sourcing import Number

Rule = Literal["pdf", "unsourced", "source", "value", "finite", "sum"]

OF_THE_EVIDENCE = ("sum", "finite")
TOLD_AT_MOST = 5
PLACES_OF_TICKS = 2
_NUMBER = re.compile(r"([<−+]?)(\d[\d,]*(?:\.\d+)?)([ \N{NO-BREAK SPACE}]%)?")
_TICK = re.compile(r"[−+]?\d[\d,]*(?:\.\d+)?(?:[–-]\d+|\+| or more)?(?:\s?%)?")
_RESULT = re.compile(r"\d+\.\d+|\d+(?:\.\d+)? ?%|\d{1,3}(?:,\d{3})+|\d+/\d+")
_NOT_A_NUMBER = re.compile(r"(?<![\w.-])(?:nan|NaN|inf|-inf|Infinity)(?![\w.-])")
_NOTHING = re.compile(r"(?:None|Undefined|null)")
_LONG = re.compile(r"[0-9a-f]{40,}")
_PAGE = re.compile(r"Page (\d+) of (\d+)")
_MARKER = re.compile(r"\d+\. ")  # as a list prints it; the end of a sentence has no space after its full stop
_CUT = "\x1f"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A number that may not stand where it stands.

    Attributes:
        rule: ``pdf`` (not what was laid out), ``unsourced``, ``source`` (names none that there is), ``value`` (not what
            its source says), ``finite`` (no number), ``sum`` (does not come out).
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
    """The report would print numbers that its evidence does not bear out; nothing has been written.

    Attributes:
        findings: all of them.
        exit_code: 1 where the evidence contradicts itself, otherwise 4, as a template or the layout is at fault.
    """

    def __init__(self, findings: Sequence[LintFinding]) -> None:
        told = "; ".join(str(finding) for finding in findings[:TOLD_AT_MOST])
        more = f"; and {len(findings) - TOLD_AT_MOST} more" if len(findings) > TOLD_AT_MOST else ""
        super().__init__(
            f"The report was not written, as {len(findings)} of its numbers cannot be traced or contradict one "
            f"another: {told}{more}. Validate the run again; where that changes nothing, a template is at fault."
        )
        self.findings = tuple(findings)
        self.exit_code = 1 if any(finding.rule in OF_THE_EVIDENCE for finding in findings) else 4


def refuse_numbers(pdf: bytes, html: str, evidence: LintEvidence) -> None:
    """Lint a document.

    Raises:
        NumbersDifferError: there is a finding.
    """
    findings = lint(pdf, html, evidence)
    if findings:
        raise NumbersDifferError(findings)


def lint(pdf: bytes, html: str, evidence: LintEvidence) -> tuple[LintFinding, ...]:
    """Every number of a finished document that may not stand in it.

    Args:
        pdf: the document as it will be written.
        html: the page that it was laid out from, with the elements that name sources.
        evidence: what these sources lead to.
    """
    pages, text = printed_pages(pdf), page_text(html)
    return (
        *_same_numbers(pages, text),
        *_sourced(text, evidence),
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


def _same_numbers(pages: Sequence[PrintedPage], text: PageText) -> Iterator[LintFinding]:
    """What the PDF prints beyond the page that was laid out, and what of that page it does not print."""
    long = {word for part in text.parts for word in _LONG.findall(part.text)}
    cut = re.compile("|".join(f"{_CUT}?".join(word) for word in sorted(long)) or r"(?!)")
    expected, repeated, running = Counter[str](), Counter[str](), Counter[str]()
    for part in text.parts:
        found = Counter(TOKEN.findall(_LONG.sub(" ", part.text)))
        (running if part.place == "running" else expected).update(found)
        if part.place == "head":
            repeated.update(found)
    markers = Counter(text.markers)
    printed = Counter[str]()
    by_page: list[Counter[str]] = []
    in_order: list[str] = []
    for number, page in enumerate(pages, start=1):
        pieces = []
        furniture = Counter[str]()
        for piece in page.pieces:
            numbered = _PAGE.fullmatch(piece)
            if numbered and (int(numbered[1]), int(numbered[2])) == (number, len(pages)) and not furniture:
                furniture = running + Counter()
            elif any(piece.endswith(f" · {title}") for title in text.titles):
                continue
            elif _MARKER.fullmatch(piece) and markers[piece.strip(". ")]:
                markers[piece.strip(". ")] -= 1
            else:
                pieces.append(piece)
        told = TOKEN.findall(cut.sub(" ", _CUT.join(pieces)))
        in_order += told
        found = Counter(told)
        found.subtract(furniture)
        by_page.append(+found)
        printed.update(found)
    _mend(expected, printed, by_page, pages)
    # A table's head may stand on each of its pages; a list of contents prints the pages that its links lead to.
    for token in sorted(printed):
        beyond = printed[token] - expected[token] - repeated[token] * (len(pages) - 1)
        led = sum(page.leads_to.count(int(token)) for page in pages) if token.isdecimal() else 0
        if beyond > led:
            place = _most_on(token, by_page)
            yield LintFinding(
                "pdf",
                place,
                token,
                "",
                f"stands {beyond - led} times more in the PDF than in what was laid out",
            )
    for token in sorted(expected):
        if printed[token] < expected[token]:
            yield LintFinding(
                "pdf",
                None,
                token,
                "",
                f"was laid out {expected[token]} times; the PDF has it {printed[token]} times",
            )
    yield from _rows_in_order(text.rows, in_order)


def _rows_in_order(rows: Sequence[str], in_order: Sequence[str]) -> Iterator[LintFinding]:
    """Each row of a table whose numbers stand in the PDF one after the other, as they do on the page, or not."""
    spaced, joined = f" {' '.join(in_order)} ", "".join(in_order)
    for row in rows:
        tokens = TOKEN.findall(_LONG.sub(" ", row))
        # Without spaces as well: a narrow column may cut a number in two.
        if f" {' '.join(tokens)} " not in spaced and "".join(tokens) not in joined:
            yield LintFinding(
                "pdf", None, " ".join(tokens), "", f"is not in the PDF in this order ({_short(row)})"
            )


def _mend(
    expected: Counter[str],
    printed: Counter[str],
    by_page: Sequence[Counter[str]],
    pages: Sequence[PrintedPage],
) -> None:
    """Put together what a narrow column cut in two, where the whole is missing."""
    for page, counted in zip(pages, by_page, strict=True):
        for first, second in zip(page.pieces, page.pieces[1:], strict=False):
            head, tail = re.search(r"[\d.,]*\d$", first), re.match(r"\d[\d.,]*", second)
            if head is None or tail is None:
                continue
            whole, ends = head[0] + tail[0].rstrip(".,"), (head[0], tail[0].rstrip(".,"))
            if expected[whole] > printed[whole] and all(printed[end] > expected[end] for end in ends):
                for tokens in (printed, counted):
                    tokens.subtract(ends)
                    tokens.update([whole])


def _most_on(token: str, by_page: Sequence[Counter[str]]) -> int | None:
    pages = [number for number, found in enumerate(by_page, start=1) if found[token] > 0]
    return pages[0] if len(pages) == 1 else None


def _sourced(text: PageText, evidence: LintEvidence) -> Iterator[LintFinding]:
    """What the page says without a source, or otherwise than its source."""
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
            values.append(worked_out(formula, evidence.numbers))
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
    for sign, digits, percent in _NUMBER.findall(part.text):
        if not any(_reads(sign, digits, value) for value in _readings(values, bool(percent))):
            yield LintFinding(
                "value",
                None,
                part.text,
                " ".join(part.formulas),
                f"is not what {' and '.join(part.formulas)} says: {', '.join(map(str, values))}",
            )
            return


def _readings(values: Sequence[Number], percent: bool) -> Iterator[float]:
    """What may be printed of some numbers: each, as per cent a hundred times it, and the share of one in another."""
    for value in values:
        yield 100 * value if percent else value
    if percent and len(values) == 2 and values[1]:
        yield 100 * values[0] / values[1]


def _reads(sign: str, digits: str, value: float) -> bool:
    """Whether a printed number is a value as rounded to its decimals; ``<`` says that the value is below."""
    printed = float(digits.replace(",", ""))
    if sign == "<":
        return abs(value) < printed
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    signed = -printed if sign == "−" else printed
    return abs(value - signed) <= half * (1 + 1e-9) + 1e-12


def _backed(value: float, evidence: LintEvidence) -> bool:
    return value in evidence.numbers.values()


def _in_words(part: Part, evidence: LintEvidence) -> Iterator[LintFinding]:
    """Strings stand as the evidence has them, or each number in them does; the axes of a figure have round numbers."""
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
                "unsourced", None, token, "", f"has no source in the evidence ({_short(part.text)})"
            )


def _is_round(text: str) -> bool:
    """Whether a number is one that an axis would have: whole, of few decimals, or near 1 on a logit scale."""
    decimals = re.findall(r"\.(\d+)", text)
    return all(len(places.strip("0")) <= PLACES_OF_TICKS or set(places) == {"9"} for places in decimals)


def _of_the_template(part: Part, beside: bool) -> Iterator[LintFinding]:
    """A template may not say a result of its own: nothing that looks like one, and no count beside sourced numbers."""
    text = without_literals(part.text)
    for token in _RESULT.findall(text):
        yield LintFinding("unsourced", None, token, "", f"is typed in a template ({_short(part.text)})")
    if beside:
        for token in TOKEN.findall(_RESULT.sub(" ", text)):
            if token not in ("0", "1"):
                yield LintFinding(
                    "unsourced",
                    None,
                    token,
                    "",
                    f"is typed beside numbers of the evidence ({_short(part.text)})",
                )


def _short(text: str) -> str:
    told = " ".join(text.split())
    return told if len(told) <= 80 else f"{told[:79]}…"
