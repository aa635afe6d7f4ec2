"""The sourced HTML of a document -> the parts of its text, each with where its numbers are said to come from.

Owns the reading of the page: what is text, what is in one block, what is repeated, what belongs to a figure.
What the parts may state is `check`. The elements that name sources are `sourced_numbers`'s.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from reports.provenance.source_marks import BETWEEN_FORMULAS, FORMULA, TEXT, without_elements

INLINE = frozenset(
    (
        "a",
        "abbr",
        "b",
        "br",
        "code",
        "data",
        "em",
        "i",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "var",
    )
)
_SKIPPED = re.compile(r"<head\b.*?</head>|<style\b.*?</style>|<svg\b.*?</svg>|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
_VALUE = re.compile(r'value="([^"]*)"')
_CLASS = re.compile(r'class="([^"]*)"')
_TITLE = re.compile(r'<h2\b[^>]*data-title="([^"]*)"')
_LIST, _ITEM = re.compile(r"<ol\b.*?</ol>", re.DOTALL), re.compile(r"<li\b")
_ROW = re.compile(r'<tr\b(?! class="long").*?</tr>', re.DOTALL)
RUNNING = ("running-right", "running-foot")
DRAWING, CELL = "drawing", "cell"
VOID = frozenset(("br", "img", "hr", "meta", "link", "col", "input", "wbr"))


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text of one origin.

    Attributes:
        text: as a reader sees it.
        origins: formulas of keys where it was printed from numbers, ``text`` alone where an expression of a template
            gave a string, empty where it is in the template itself.
        block: the number of the paragraph, cell or line that it is in.
        place: ``body``, ``head`` (of a table, repeated on each of its pages), ``cell`` (of a table), ``drawing`` or
            ``running``.
    """

    text: str
    origins: tuple[str, ...]
    block: int
    place: str

    @property
    def worded(self) -> bool:
        """Whether it came as a string."""
        return self.origins == (TEXT,)

    @property
    def formulas(self) -> tuple[str, ...]:
        """The formulas of its numbers."""
        return tuple(origin for origin in self.origins if origin != TEXT)


@dataclass(frozen=True, slots=True)
class PageText:
    """A document as it will be printed.

    Attributes:
        parts: its text in its order.
        titles: what pages repeat at their heads.
        markers: the numbers of the items of its lists.
        rows: the text of each row of a table, which is together on one page; a ``long`` row may not be.
    """

    parts: tuple[Part, ...]
    titles: tuple[str, ...]
    markers: tuple[str, ...]
    rows: tuple[str, ...]


def page_text(html: str) -> PageText:
    """Read a document that `render` made within `sourcing.marking`."""
    titles = tuple(dict.fromkeys(unescape(title) for title in _TITLE.findall(html)))
    shown = _SKIPPED.sub("", html)
    markers = tuple(
        str(number) for items in _LIST.findall(shown) for number in range(1, len(_ITEM.findall(items)) + 1)
    )
    rows = tuple(unescape(_TAG.sub("\n", without_elements(row))) for row in _ROW.findall(shown))
    return PageText(tuple(_parts(shown)), titles, markers, rows)


def _parts(html: str) -> Iterator[Part]:
    block = 0
    origins: tuple[str, ...] = ()
    places: list[tuple[str, str]] = []
    for at, piece in enumerate(_TAG.split(html)):
        if at % 2 == 0:
            if piece.strip():
                yield Part(unescape(piece), origins, block, places[-1][1] if places else "body")
            continue
        found = _NAME.match(piece)
        if found is None:
            continue
        name, closing = found[1].lower(), piece.startswith("</")
        if name == "data":
            origins = () if closing else _origins(piece)
            continue
        if name not in INLINE or (places and places[-1][1] == DRAWING):
            block += 1
        if name in VOID or piece.endswith("/>"):
            continue
        if closing:
            while places and places.pop()[0] != name:
                pass
        else:
            places.append((name, _place(name, piece, places[-1][1] if places else "body")))


def _origins(tag: str) -> tuple[str, ...]:
    found = _VALUE.search(tag)
    origins = unescape(found[1]) if found else ""
    if origins == TEXT:
        return (TEXT,)
    return tuple(formula.removeprefix(FORMULA) for formula in origins.split(BETWEEN_FORMULAS))


def _place(name: str, tag: str, around: str) -> str:
    if around != "body":
        return around
    if name == "thead":
        return "head"
    if name in ("td", "th"):
        return CELL
    classes = _CLASS.search(tag)
    names = classes[1].split() if classes else []
    if any(one in RUNNING for one in names):
        return "running"
    return DRAWING if DRAWING in names else "body"
