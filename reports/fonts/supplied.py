"""Fonts that a user supplies for letters that no bundled font has.

Owns what such a file must be, which of its letters a page needs, and the part of it that a page carries. Each
supplied font has a family name of its own, so that the check of the finished PDF knows it from a font of the machine.
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
# The family that Pango looks in first for signs that are pictures by nature; else a font of the machine has them.
PICTURES = "emoji"
ORDER = "ABCDEFGH"
SPACE = " "
# Of OS/2 fsType: the makers allow no embedding, or that of pictures of letters alone.
NOT_EMBEDDABLE, PICTURES_ONLY = 0x0002, 0x0200
LESS_RESTRICTED = 0x000C
USUAL_WEIGHT, USUAL_WIDTH = 400, 5


@dataclass(frozen=True, slots=True)
class SuppliedFont:
    """A font file of the user's, as given; of a collection its first font is used."""

    file: str
    sha256: str
    content: bytes
    characters: frozenset[str]


@dataclass(frozen=True, slots=True)
class NeededFont:
    """A supplied font that a page needs: for which letters, and under which names."""

    font: SuppliedFont
    letters: frozenset[str]
    families: tuple[str, ...]

    @property
    def embedded_names(self) -> frozenset[str]:
        """What a PDF may call it."""
        return frozenset[str]().union(*map(names_of_family, self.families))

    @property
    def css(self) -> str:
        """The rules that load the letters needed, and no others, from a ``data:`` address."""
        content = _part(self.font, self.letters)
        form = "otf" if content[:4] == b"OTTO" else "ttf"
        return "\n".join(font_face_rule(family, content, form) for family in self.families)


def supplied_fonts(paths: Sequence[Path]) -> tuple[SuppliedFont, ...]:
    """The fonts of files.

    Raises:
        BadInputError: a file cannot be read, is no font with outlines, may not be embedded, or there are too many.
    """
    if len(paths) > len(ORDER):
        raise BadInputError(f"{len(paths)} fonts are supplied; a report takes at most {len(ORDER)}.")
    fonts = tuple(_supplied(path) for path in paths)
    twice = sorted({font.file for font in fonts if [one.file for one in fonts].count(font.file) > 1})
    if twice:
        raise BadInputError(
            f"{', '.join(twice)}: two supplied fonts have this name; rename one of the files."
        )
    return fonts


def needed_fonts(letters: Collection[str], fonts: Sequence[SuppliedFont]) -> tuple[NeededFont, ...]:
    """Those of the fonts that a page with these letters needs: the first that has a letter draws it."""
    left = frozenset(letters) - bundled_characters()
    drawn: dict[SuppliedFont, frozenset[str]] = {}
    for font in fonts:
        drawn[font] = left & font.characters
        left -= font.characters
    pictorial = max(fonts, key=lambda font: len(_pictures(drawn[font])), default=None)
    return tuple(
        NeededFont(font, drawn[font], (f"{FAMILY} {place}", *([PICTURES] if font == pictorial else [])))
        for place, font in zip(ORDER, fonts, strict=False)
        if drawn[font]
    )


def _pictures(letters: Collection[str]) -> list[str]:
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
            f"{path}: draws its letters as pictures or in colours, which an archival PDF cannot hold; name a font "
            "with plain outlines."
        )
    if SPACE not in characters:
        raise BadInputError(f"{path}: has no space; name a font that can set words.")
    restricted = embedding & NOT_EMBEDDABLE and not embedding & LESS_RESTRICTED
    if restricted or embedding & PICTURES_ONLY:
        raise BadInputError(
            f"{path}: its makers do not allow it to be embedded in a document; name another font."
        )
    return SuppliedFont(path.name, sha256_bytes(content), content, characters)


def _opened(content: bytes) -> Any:
    return TTFont(io.BytesIO(content), fontNumber=0, lazy=True, recalcTimestamp=False)


def _part(font: SuppliedFont, letters: Collection[str]) -> bytes:
    """The font with these letters alone and all ways of shaping them, at its usual weight where it can vary."""
    opened = _opened(font.content)
    options = subset.Options(layout_features=["*"], notdef_outline=True, recalc_timestamp=False)
    subsetter = subset.Subsetter(options)
    # The engine sets the space beside a letter in the font of that letter.
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
