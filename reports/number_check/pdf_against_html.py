"""The numbers of a finished PDF held against those of the page that it was laid out from, one by one.

Owns the comparison: every occurrence is counted, a table's rows are in their order, and what the layout itself adds
or cuts (page numbers, running lines, repeated heads, markers of lists, a number broken by a narrow column) is allowed
for. Whether a number may be on the page at all is `check`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reports.number_check.evidence import TOKEN
from reports.number_check.finding import LintFinding, quoted
from reports.number_check.html import PageText
from reports.pdf.page_text import PrintedPage

_LONG = re.compile(r"[0-9a-f]{40,}")
_PAGE = re.compile(r"Page (\d+) of (\d+)")
_MARKER = re.compile(r"\d+\. ")  # as a list prints it; the end of a sentence has no space after its full stop
_CUT = "\x1f"


def collate(pages: Sequence[PrintedPage], text: PageText) -> Iterator[LintFinding]:
    """Yield what the PDF prints beyond the page that was laid out, and what of that page it does not print."""
    running = _counted(part.text for part in text.parts if part.place == "running")
    expected = _counted(part.text for part in text.parts if part.place != "running")
    repeated = _counted(part.text for part in text.parts if part.place == "head")
    by_page, in_order = _printed(pages, text, running)
    printed = Counter[str]()
    for found in by_page:
        printed.update(found)
    _mend(expected, printed, by_page, pages)
    # A table's head may be on each of its pages; a list of contents prints the pages that its links lead to.
    for token in sorted(printed):
        beyond = printed[token] - expected[token] - repeated[token] * (len(pages) - 1)
        led = sum(page.leads_to.count(int(token)) for page in pages) if token.isdecimal() else 0
        if beyond > led:
            sentence = f"stands {beyond - led} times more in the PDF than in what was laid out"
            yield LintFinding("pdf", _most_on(token, by_page), token, "", sentence)
    for token in sorted(expected):
        if printed[token] < expected[token]:
            sentence = f"was laid out {expected[token]} times; the PDF has it {printed[token]} times"
            yield LintFinding("pdf", None, token, "", sentence)
    yield from _rows_in_order(text.rows, in_order)


def _counted(texts: Iterable[str]) -> Counter[str]:
    return Counter(token for text in texts for token in TOKEN.findall(_LONG.sub(" ", text)))


def _printed(
    pages: Sequence[PrintedPage], text: PageText, running: Counter[str]
) -> tuple[list[Counter[str]], list[str]]:
    """Count the numbers of each page without what the layout adds to it, and list all of them in their order."""
    long = {word for part in text.parts for word in _LONG.findall(part.text)}
    cut = re.compile("|".join(f"{_CUT}?".join(word) for word in sorted(long)) or r"(?!)")
    markers = Counter(text.markers)
    by_page, in_order = [], []
    for number, page in enumerate(pages, start=1):
        pieces = []
        numbered = False
        for piece in page.pieces:
            found = _PAGE.fullmatch(piece)
            if found and (int(found[1]), int(found[2])) == (number, len(pages)) and not numbered:
                numbered = True
            elif any(piece.endswith(f" · {title}") for title in text.titles):
                continue
            elif _MARKER.fullmatch(piece) and markers[piece.strip(". ")]:
                markers[piece.strip(". ")] -= 1
            else:
                pieces.append(piece)
        numbers = TOKEN.findall(cut.sub(" ", _CUT.join(pieces)))
        in_order += numbers
        by_page.append(Counter(numbers))
        if numbered:
            by_page[-1].subtract(running)
    return by_page, in_order


def _rows_in_order(rows: Sequence[str], in_order: Sequence[str]) -> Iterator[LintFinding]:
    """Yield each row of a table whose numbers are not in the PDF one after the other, as they are on the page."""
    spaced, joined = f" {' '.join(in_order)} ", "".join(in_order)
    for row in rows:
        tokens = TOKEN.findall(_LONG.sub(" ", row))
        # Without spaces as well: a narrow column may cut a number in two.
        if f" {' '.join(tokens)} " not in spaced and "".join(tokens) not in joined:
            yield LintFinding(
                "pdf", None, " ".join(tokens), "", f"is not in the PDF in this order ({quoted(row)})"
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
