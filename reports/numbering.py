"""Numbers of sections, tables and figures, so that headings, captions and references cannot disagree.

Owns the order of the sections. Tables and figures are numbered where they are first mentioned, in the text or by
their own caption, so a mention must come in the order of appearance.
"""

from dataclasses import dataclass

TITLES = {
    "summary": "Summary",
    "device": "Device under test",
    "protocol": "Protocol",
    "data": "Data",
    "reference": "Reference standard",
    "primary": "Primary results",
    "subgroups": "Subgroups",
    "secondary": "Secondary results",
    "robustness": "Robustness of the result",
    "methods": "Statistical methods",
    "limitations": "Limitations and gaps",
    "rerun": "How to rerun",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report; ``id`` is its anchor."""

    id: str
    number: int
    title: str


def sections(*, agreement: bool) -> dict[str, Section]:
    """All sections by id, in order; without a reference standard none is named in a title."""
    titles = TITLES | ({"reference": "Labels compared with"} if agreement else {})
    return {id_: Section(id_, number, title) for number, (id_, title) in enumerate(titles.items(), start=1)}


class Numbering:
    """Numbers given out while one document is written, in the order of first mention."""

    def __init__(self) -> None:
        self._given: dict[str, list[str]] = {}

    def of(self, kind: str, key: str) -> str:
        """The name of a table or figure: ``Table 3``."""
        given = self._given.setdefault(kind, [])
        if key not in given:
            given.append(key)
        return f"{kind} {given.index(key) + 1}"
