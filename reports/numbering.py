"""Numbers of sections, tables and figures, so that headings, captions and references cannot disagree.

Owns the order of the sections. Tables and figures are numbered where they are first mentioned, in the text or by
their own caption, so a mention must come in the order of appearance.
"""

from collections.abc import Collection
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
    "localisation": "Where the device looks",
    "robustness": "Robustness of the result",
    "perturbations": "Robustness of the device",
    "methods": "Statistical methods",
    "limitations": "Limitations and gaps",
    "rerun": "How to rerun",
}
# Sections of evidence that a run may lack.
OPTIONAL = ("localisation", "perturbations")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the report; ``id`` is its anchor."""

    id: str
    number: int
    title: str


def sections(*, agreement: bool, present: Collection[str] = ()) -> dict[str, Section]:
    """All sections by id, in order, of the optional ones those present; without a reference standard none is named."""
    titles = TITLES | ({"reference": "Labels compared with"} if agreement else {})
    there = {id_: title for id_, title in titles.items() if id_ not in OPTIONAL or id_ in present}
    return {id_: Section(id_, number, title) for number, (id_, title) in enumerate(there.items(), start=1)}


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
