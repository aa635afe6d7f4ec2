"""What the numbers of a document may come from: the numbers of the evidence by their places, its strings, its sizes.

Owns the gathering. Which number may rest on which of these is `check`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from reports.number_check.figure_data import FigureData
from reports.provenance.sourced_numbers import Number

TOKEN = re.compile(r"\d+(?:[.,]\d+)*")

HASH = re.compile(r"[0-9a-f]{8,}")


def alike(text: str) -> str:
    """Return a string as it is compared: without capitals, kinds of spaces and dashes, and its full stop."""
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
        """Return whether a text is the beginning of a string that looks like a hash, or its two ends."""
        head, _, tail = text.strip().partition("…")
        return HASH.fullmatch(head + tail) is not None and any(
            known.startswith(head) and known.endswith(tail) for known in self.texts
        )

    @cached_property
    def whole(self) -> frozenset[int]:
        """The whole numbers, sizes among them."""
        return self.sizes | {number for number in self.numbers.values() if isinstance(number, int)}
