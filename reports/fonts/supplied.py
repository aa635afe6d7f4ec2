"""Fonts that a user supplies for letters that no bundled font has.

Owns the requirements on such a file, which of its letters a page needs, and the subset that a page embeds. Each
supplied font has a family name of its own, so that the check of the finished PDF distinguishes it from installed fonts.
"""

import io
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError
from fontTools.varLib.instancer import instantiateVariableFont

from protocols.errors import BadInputError
from protocols.storage.canonical import sha256_bytes
from protocols.storage.reading import read_content
from reports.fonts.bundled import bundled_characters, font_face_rule, names_of_family

OUTLINES = ("glyf", "CFF ")
COLOURED = ("COLR", "CBDT", "sbix", "SVG ")
FAMILY = "cxr510k Supplied"
# The family in which Pango looks first for pictographic signs; without it an installed font would be used.
EMOJI = "emoji"
ORDER = "ABCDEFGH"
SPACE = " "
# Of OS/2 fsType: no embedding is allowed, or that of bitmaps alone.
NOT_EMBEDDABLE, BITMAPS_ONLY = 0x0002, 0x0200
LESS_RESTRICTED = 0x000C
USUAL_WEIGHT, USUAL_WIDTH = 400, 5


@dataclass(frozen=True, slots=True)
class SuppliedFont:
    """A user's font file, as given; of a collection its first font is used."""

    file: str
    sha256: str
    content: bytes
    characters: frozenset[str]


@dataclass(frozen=True, slots=True)
class NeededFont:
    """A supplied font that a page needs, the letters it is for, and its family names."""

    font: SuppliedFont
    letters: frozenset[str]
    families: tuple[str, ...]

    @property
    def embedded_names(self) -> frozenset[str]:
        """The names that it may have in a PDF."""
        return frozenset[str]().union(*map(names_of_family, self.families))

    @property
    def css(self) -> str:
        """The rules that load a subset of the letters needed from a ``data:`` URI."""
        content = _subset(self.font, self.letters)
        form = "otf" if content[:4] == b"OTTO" else "ttf"
        return "\n".join(font_face_rule(family, content, form) for family in self.families)


def supplied_fonts(paths: Sequence[Path]) -> tuple[SuppliedFont, ...]:
    """Read font files.

    Raises:
        BadInputError: a file cannot be read, has no outlines or may not be embedded; two have one name; too many.
    """
    if len(paths) > len(ORDER):
        raise BadInputError(f"{len(paths)} fonts are supplied; a report takes at most {len(ORDER)}.")
    fonts = tuple(_supplied(path) for path in paths)
    duplicates = sorted({font.file for font in fonts if [one.file for one in fonts].count(font.file) > 1})
    if duplicates:
        raise BadInputError(
            f"{', '.join(duplicates)}: two supplied fonts have this name; rename one of the files."
        )
    return fonts


def needed_fonts(letters: Collection[str], fonts: Sequence[SuppliedFont]) -> tuple[NeededFont, ...]:
    """Return the fonts that a page with these letters needs; each letter is set in the first font that has it."""
    left = frozenset(letters) - bundled_characters()
    letters_of: dict[SuppliedFont, frozenset[str]] = {}
    for font in fonts:
        letters_of[font] = left & font.characters
        left -= font.characters
    pictorial = max(fonts, key=lambda font: len(_pictographs(letters_of[font])), default=None)
    return tuple(
        NeededFont(font, letters_of[font], (f"{FAMILY} {place}", *([EMOJI] if font == pictorial else [])))
        for place, font in zip(ORDER, fonts, strict=False)
        if letters_of[font]
    )


def _pictographs(letters: Collection[str]) -> list[str]:
    return [letter for letter in letters if unicodedata.category(letter) == "So"]


def _supplied(path: Path) -> SuppliedFont:
    content = read_content(path, next_step="name a font file")
    try:
        font = _opened(content)
        characters = frozenset(chr(code) for code in font.getBestCmap() or ())
        embedding = font["OS/2"].fsType
    except (TTLibError, KeyError, AssertionError) as error:
        raise BadInputError(f"{path}: is not a font; name a TrueType or OpenType file.") from error
    if not any(table in font for table in OUTLINES) or any(table in font for table in COLOURED):
        raise BadInputError(
            f"{path}: has bitmap or colour glyphs, which an archival PDF cannot embed; name a font with plain outlines."
        )
    if SPACE not in characters:
        raise BadInputError(f"{path}: has no space; name a font that can set words.")
    restricted = embedding & NOT_EMBEDDABLE and not embedding & LESS_RESTRICTED
    if restricted or embedding & BITMAPS_ONLY:
        raise BadInputError(
            f"{path}: its makers do not allow it to be embedded in a document; name another font."
        )
    return SuppliedFont(path.name, sha256_bytes(content), content, characters)


def _opened(content: bytes) -> Any:
    return TTFont(io.BytesIO(content), fontNumber=0, lazy=True, recalcTimestamp=False)


def _subset(font: SuppliedFont, letters: Collection[str]) -> bytes:
    """Return the font with these letters and all their shapings alone; a variable font at its default weight."""
    opened = _opened(font.content)
    options = subset.Options(layout_features=["*"], notdef_outline=True, recalc_timestamp=False)
    subsetter = subset.Subsetter(options)
    # The engine sets a space in the font of the letter beside it.
    subsetter.populate(unicodes=sorted(map(ord, {SPACE, *letters})))
    subsetter.subset(opened)
    if "fvar" in opened:
        usual = {axis.axisTag: axis.defaultValue for axis in opened["fvar"].axes}
        opened = instantiateVariableFont(opened, usual, static=True)
    opened["OS/2"].usWeightClass, opened["OS/2"].usWidthClass = USUAL_WEIGHT, USUAL_WIDTH
    opened["head"].macStyle = 0
    opened.flavor = None
    written = io.BytesIO()
    opened.save(written)
    return written.getvalue()
