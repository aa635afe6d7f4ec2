"""Whether every character of a page has a font, and where one that has none comes from.

Owns the refusal before anything is laid out, which names the field and the character, and the choice of the fonts
that a page must load. The fonts themselves are `bundled` and `supplied`.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from protocols.errors import BadInputError
from reports.content.context import ReportContext
from reports.fonts.bundled import ARABIC, MONO, SANS, bundled_characters, font_face_css, usual_characters
from reports.fonts.supplied import NeededFont, SuppliedFont, needed_fonts
from reports.provenance.sourced_numbers import parts_of

BREAKS = frozenset("\n\t")
MOST_TOLD = 5
LONGEST_TOLD = 60


def drawable(
    write: Callable[[str], str], sources: Mapping[str, object], fonts: Sequence[SuppliedFont] = ()
) -> str:
    """A page that loads a font for each of its characters.

    Args:
        write: the CSS that loads fonts -> the page.
        sources: name -> what the page was made from, to tell where a character comes from; the first that holds
            it is named.
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
    """What a page on a run was made from, by name."""
    return {
        "protocol.toml": context.protocol,
        "The comment at the head of protocol.toml": context.notebook,
        "results.json": context.results,
        "The run": context,
    }


def letters_of(html: str) -> frozenset[str]:
    """The characters of a page that want a font."""
    return frozenset(html) - BREAKS


def _refuse(letters: frozenset[str], sources: Mapping[str, object], fonts: Sequence[SuppliedFont]) -> None:
    """Refuse letters without a font."""
    strange = letters - bundled_characters() - frozenset().union(*(font.characters for font in fonts))
    if not strange:
        return
    held = list(_holding(strange, sources))
    lines = [f"{place} ({_short(value)}) holds {_named(strange & set(value))}" for place, value in held]
    shown = lines[:MOST_TOLD] or [f"The report holds {_named(strange)}"]
    more = f"; {len(lines) - MOST_TOLD} more fields" if len(lines) > MOST_TOLD else ""
    raise BadInputError(
        f"{'; '.join(shown)}{more}: no bundled font has such characters. Name a font that has them with "
        "`report --font FILE`, or write them in Latin, Greek, Cyrillic or Arabic letters."
    )


def _css(letters: frozenset[str], needed: Sequence[NeededFont]) -> str:
    """The rules for these letters; the families stand behind the usual ones wherever letters are set."""
    arabic = bool((letters & bundled_characters()) - usual_characters())
    families = [*([ARABIC] if arabic else []), *(font.families[0] for font in needed)]
    behind = ", ".join(f'"{family}"' for family in families)
    rules = [font_face_css(), *([font_face_css(arabic=True)] if arabic else [])]
    return "\n".join(
        [
            *rules,
            *(font.css for font in needed),
            f'body {{ font-family: "{SANS}", "{MONO}", {behind} !important; }}',
            f'code, pre {{ font-family: "{MONO}", "{SANS}", {behind} !important; }}',
        ]
    )


def _holding(strange: Collection[str], sources: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The fields that hold strange characters, with their values; a value that stands in several, once."""
    seen: set[str] = set()
    for name, source in sources.items():
        for path, value in _texts(source, ()):
            if value not in seen and not set(value).isdisjoint(strange):
                seen.add(value)
                yield ": ".join(part for part in (name, ".".join(path)) if part), value


def _texts(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every text below a value with the way to it; keys of mappings are texts too."""
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
    told = (
        f"{letter!r} (U+{ord(letter):04X}, {unicodedata.name(letter, 'without a name')})"
        for letter in sorted(letters)[:MOST_TOLD]
    )
    more = f" and {len(letters) - MOST_TOLD} more" if len(letters) > MOST_TOLD else ""
    return ", ".join(told) + more


def _short(value: str) -> str:
    one_line = " ".join(value.split())
    return one_line if len(one_line) <= LONGEST_TOLD else f"{one_line[: LONGEST_TOLD - 1]}…"
