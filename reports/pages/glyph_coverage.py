"""Whether every character of a page has a font, and the source of a character that has none.

Owns the refusal before layout, which names the field and the character, and the choice of the fonts that a page must
load. The fonts themselves are `bundled` and `supplied`.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from protocols.errors import BadInputError
from reports.content.context import ReportContext
from reports.fonts.bundled import ARABIC, MONO, SANS, bundled_characters, font_face_css, usual_characters
from reports.fonts.supplied import NeededFont, SuppliedFont, needed_fonts
from reports.provenance.sourced_numbers import parts_of

BREAKS = frozenset("\n\t")
MOST_NAMED = 5
LONGEST_VALUE = 60


def drawable(
    write: Callable[[str], str], sources: Mapping[str, object], fonts: Sequence[SuppliedFont] = ()
) -> str:
    """Write a page that loads a font for each of its characters.

    Args:
        write: the CSS that loads fonts -> the page.
        sources: name -> what the page was made from, to name the source of a character: the first that contains it.
        fonts: supplied by the user, for letters that no bundled font has.

    Raises:
        BadInputError: a character has no font.
    """
    html = write(font_face_css())
    letters = letters_of(html)
    if letters <= usual_characters():
        return html
    _refuse(letters, sources, fonts)
    return write(_css(letters, needed_fonts(letters, fonts)))


def sources_of(context: ReportContext) -> dict[str, object]:
    """Return the sources of a page on a run by name."""
    return {
        "protocol.toml": context.protocol,
        "The comment at the head of protocol.toml": context.notebook,
        "results.json": context.results,
        "The run": context,
    }


def letters_of(html: str) -> frozenset[str]:
    """Return the characters of a page that need a font."""
    return frozenset(html) - BREAKS


def _refuse(letters: frozenset[str], sources: Mapping[str, object], fonts: Sequence[SuppliedFont]) -> None:
    """Refuse letters without a font."""
    strange = letters - bundled_characters() - frozenset().union(*(font.characters for font in fonts))
    if not strange:
        return
    found = list(_fields_with(strange, sources))
    lines = [f"{place} ({_short(value)}) holds {_named(strange & set(value))}" for place, value in found]
    shown = lines[:MOST_NAMED] or [f"The report holds {_named(strange)}"]
    more = f"; {len(lines) - MOST_NAMED} more fields" if len(lines) > MOST_NAMED else ""
    raise BadInputError(
        f"{'; '.join(shown)}{more}: no bundled font has such characters. Name a font that has them with "
        "`report --font FILE`, or write them in Latin, Greek, Cyrillic or Arabic letters."
    )


def _css(letters: frozenset[str], needed: Sequence[NeededFont]) -> str:
    """Return the CSS rules for these letters; further families come after the usual ones."""
    arabic = bool((letters & bundled_characters()) - usual_characters())
    families = [*([ARABIC] if arabic else []), *(font.families[0] for font in needed)]
    further = ", ".join(f'"{family}"' for family in families)
    rules = [font_face_css(), *([font_face_css(arabic=True)] if arabic else [])]
    return "\n".join(
        [
            *rules,
            *(font.css for font in needed),
            f'body {{ font-family: "{SANS}", "{MONO}", {further} !important; }}',
            f'code, pre {{ font-family: "{MONO}", "{SANS}", {further} !important; }}',
        ]
    )


def _fields_with(strange: Collection[str], sources: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the fields with strange characters and their values, a value of several fields once."""
    seen: set[str] = set()
    for name, source in sources.items():
        for path, value in _texts(source, ()):
            if value not in seen and not set(value).isdisjoint(strange):
                seen.add(value)
                yield ": ".join(part for part in (name, ".".join(path)) if part), value


def _texts(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text in a value with its path; keys of mappings are texts too."""
    if isinstance(value, str):
        yield path, value
    elif (parts := parts_of(value)) is not None:
        for key, below in parts.items():
            if isinstance(value, Mapping):
                yield from _texts(key, path)
            yield from _texts(below, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for number, below in enumerate(value, start=1):
            yield from _texts(below, (*path, str(number)))


def _named(letters: Collection[str]) -> str:
    names = (
        f"{letter!r} (U+{ord(letter):04X}, {unicodedata.name(letter, 'without a name')})"
        for letter in sorted(letters)[:MOST_NAMED]
    )
    more = f" and {len(letters) - MOST_NAMED} more" if len(letters) > MOST_NAMED else ""
    return ", ".join(names) + more


def _short(value: str) -> str:
    one_line = " ".join(value.split())
    return one_line if len(one_line) <= LONGEST_VALUE else f"{one_line[: LONGEST_VALUE - 1]}…"
