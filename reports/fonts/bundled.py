"""The bundled fonts, and how a page loads and names them.

Owns the files and the family names. The family names are the suite's own, so that an installed font of the same design
can neither replace a bundled one nor pass the check of the finished PDF. A page always loads the Latin, Greek and
Cyrillic fonts, the Arabic ones only where it has Arabic letters; fonts added by a user are `supplied`.
Sources: Inter 3.19 and JetBrains Mono 2.242 (fonts/OFL.txt), Noto Sans Arabic 2.005 (fonts/OFL-NotoSansArabic.txt),
all SIL Open Font License 1.1.
"""

import base64
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fontTools.ttLib import TTFont

from protocols.storage.canonical import sha256_bytes

SANS = "cxr510k Sans"
MONO = "cxr510k Mono"
ARABIC = "cxr510k Arabic"
DIGEST_DIGITS = 12
WEIGHTS = {400: "", 500: "-Medium", 600: "-Semi-Bold"}
BOLD = "-Bold"
SLOPES = ("", "-Italic", "-Oblique")


@dataclass(frozen=True, slots=True)
class Face:
    """One font file and the CSS properties that select it."""

    file: str
    family: str
    weight: int
    style: str = "normal"

    @property
    def embedded_name(self) -> str:
        """Its name in a PDF without the subset tag, as Pango writes family, weight and style."""
        style = "-Italic" if self.style == "italic" else ""
        return f"{self.family.replace(' ', '-')}{WEIGHTS[self.weight]}{style}"

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return (resources.files("reports") / "fonts" / self.file).read_bytes()


FACES = (
    Face("Inter-Regular.otf", SANS, 400),
    Face("Inter-Italic.otf", SANS, 400, "italic"),
    Face("Inter-Medium.otf", SANS, 500),
    Face("Inter-SemiBold.otf", SANS, 600),
    Face("JetBrainsMono-Regular.ttf", MONO, 400),
)
ARABIC_FACES = (Face("NotoSansArabic-Regular.ttf", ARABIC, 400), Face("NotoSansArabic-Bold.ttf", ARABIC, 600))


@cache
def font_face_css(*, arabic: bool = False) -> str:
    """Return ``@font-face`` rules with embedded files (``data:`` URIs), of every page or of Arabic letters."""
    return "\n".join(
        font_face_rule(face.family, face.content, face.file[-3:], weight=face.weight, style=face.style)
        for face in (ARABIC_FACES if arabic else FACES)
    )


def font_face_rule(
    family: str, content: bytes, form: str, *, weight: int = 400, style: str = "normal"
) -> str:
    """Return one ``@font-face`` rule; ``form`` is otf or ttf."""
    return (
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f"src: url(data:font/{form};base64,{base64.b64encode(content).decode('ascii')}); }}"
    )


def embedded_names() -> frozenset[str]:
    """Return the names that bundled fonts may have in a PDF."""
    return frozenset(face.embedded_name for face in FACES) | names_of_family(ARABIC)


def names_of_family(family: str) -> frozenset[str]:
    """Return the names in a PDF of a family without every weight and slope: the engine writes what was requested."""
    name = family.replace(" ", "-")
    return frozenset(f"{name}{weight}{slope}" for weight in (*WEIGHTS.values(), BOLD) for slope in SLOPES)


def font_digests() -> dict[str, str]:
    """Return the first digits of each file's SHA-256 by file name."""
    return {face.file: sha256_bytes(face.content)[:DIGEST_DIGITS] for face in (*FACES, *ARABIC_FACES)}


@cache
def bundled_characters() -> frozenset[str]:
    """Return every character that at least one bundled font can draw."""
    return usual_characters() | _characters(ARABIC_FACES)


@cache
def usual_characters() -> frozenset[str]:
    """Return every character that the fonts of every page can draw: Latin, Greek, Cyrillic, signs."""
    return _characters(FACES)


def _characters(faces: tuple[Face, ...]) -> frozenset[str]:
    fonts = (TTFont(io.BytesIO(face.content), lazy=True) for face in faces)
    return frozenset(chr(code) for font in fonts for code in font.getBestCmap())
