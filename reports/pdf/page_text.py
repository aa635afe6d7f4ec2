"""A finished PDF -> the text that it sets, piece by piece and page by page, as a reader of the file would find it.

Owns the reading of content streams: every operator that shows text, in pages, in what they draw again and in the
appearances of annotations. What a piece may say is `check`, what an auditor asks of a PDF `read_pdf`. Nothing of the
layout engine is used.
Source: ISO 32000, "Text".
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf

DEEPEST = 8
MOST_DRAWN = 100_000  # a report draws none
OPERATORS = "Tf Tj TJ ' \" Do"
_BLOCK = re.compile(r"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
_CHAR = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f\s]*)>")
_RANGE = re.compile(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f]+)>|\[([^\]]*)\])")


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """What each operator of a page shows, in the order in which it is set, and the pages that its links lead to."""

    pieces: tuple[str, ...]
    leads_to: tuple[int, ...]


def printed_pages(pdf: bytes) -> tuple[PrintedPage, ...]:
    """Return every page of a PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return tuple(pages_of(document))


def pages_of(document: pikepdf.Pdf) -> Iterator[PrintedPage]:
    """Yield the pages of an open PDF one by one.

    Raises:
        ValueError: too many forms are drawn within forms. Of a file that breaks the format pikepdf raises
            whatever it stumbles over.
    """
    numbers = {page.obj.objgen: number for number, page in enumerate(document.pages, start=1)}
    named, reader = _named(document), _Reader()
    for page in document.pages:
        yield PrintedPage(tuple(reader.pieces(page.obj)), tuple(_leads_to(page.obj, named, numbers)))


class _Font:
    """How the codes of a font become characters."""

    def __init__(self, font: Any) -> None:
        self.wide = str(font.get("/Subtype")) == "/Type0"
        self.known = (
            _character_map(font["/ToUnicode"].read_bytes().decode("latin-1")) if "/ToUnicode" in font else {}
        )

    def read(self, codes: bytes) -> str:
        if not self.wide:
            return "".join(self.known.get(code, chr(code)) for code in codes)
        pairs = (int.from_bytes(codes[at : at + 2], "big") for at in range(0, len(codes), 2))
        return "".join(self.known.get(code, "\N{REPLACEMENT CHARACTER}") for code in pairs)


class _Reader:
    """Reads content streams; remembers the fonts of the document and how many forms its pages have drawn."""

    def __init__(self) -> None:
        self._fonts: dict[Any, _Font] = {}
        self._drawn = 0

    def pieces(self, page: Any) -> Iterator[str]:
        yield from self._shown(page, page.get("/Resources"), 0)
        for annotation in page.get("/Annots", []):
            appearance = annotation.get("/AP", {}).get("/N")
            if isinstance(appearance, pikepdf.Stream):
                yield from self._shown(appearance, appearance.get("/Resources"), 1)

    def _shown(self, stream: Any, resources: Any, depth: int) -> Iterator[str]:
        font: _Font | None = None
        instructions: Any = pikepdf.parse_content_stream(stream, OPERATORS)
        for operands, operator in instructions:
            match str(operator):
                case "Tf":
                    font = self._font(resources["/Font"][str(operands[0])])
                case "Tj" | "'" | '"' | "TJ":
                    shown = operands[-1] if str(operator) == "TJ" else operands[-1:]
                    codes = b"".join(bytes(one) for one in shown if isinstance(one, pikepdf.String))
                    if codes and font is not None:
                        yield font.read(codes)
                case "Do" if depth < DEEPEST:
                    drawn = resources["/XObject"][str(operands[0])]
                    if str(drawn.get("/Subtype")) == "/Form":
                        self._drawn += 1
                        if self._drawn > MOST_DRAWN:
                            raise ValueError(f"its pages draw more than {MOST_DRAWN:,} forms")
                        yield from self._shown(drawn, drawn.get("/Resources", resources), depth + 1)

    def _font(self, font: Any) -> _Font:
        if not font.is_indirect:
            return _Font(font)
        if font.objgen not in self._fonts:
            self._fonts[font.objgen] = _Font(font)
        return self._fonts[font.objgen]


def _character_map(cmap: str) -> dict[int, str]:
    known = {}
    for kind, block in _BLOCK.findall(cmap):
        if kind == "bfchar":
            known.update({int(code, 16): _characters(text) for code, text in _CHAR.findall(block)})
            continue
        for first, last, start, texts in _RANGE.findall(block):
            codes = range(int(first, 16), int(last, 16) + 1)
            each = re.findall(r"<([^>]*)>", texts)
            for place, code in enumerate(codes):
                if start:
                    known[code] = chr(int(start, 16) + place)
                elif place < len(each):
                    known[code] = _characters(each[place])
    return known


def _characters(digits: str) -> str:
    return bytes.fromhex("".join(digits.split())).decode("utf-16-be", "replace")


def _named(document: pikepdf.Pdf) -> dict[str, Any]:
    """Name of a place -> the place; names stand in a tree."""
    root: Any = document.Root
    tree = root.get("/Names", {}).get("/Dests")
    return {} if tree is None else {str(name): place for name, place in pikepdf.NameTree(tree).items()}


def _leads_to(page: Any, named: dict[str, Any], numbers: dict[Any, int]) -> Iterator[int]:
    for annotation in page.get("/Annots", []):
        place = annotation.get("/Dest", annotation.get("/A", {}).get("/D"))
        if isinstance(place, pikepdf.String):
            place = named.get(str(place))
        if isinstance(place, pikepdf.Dictionary):
            place = place.get("/D")
        if isinstance(place, pikepdf.Array) and place[0].objgen in numbers:
            yield numbers[place[0].objgen]
