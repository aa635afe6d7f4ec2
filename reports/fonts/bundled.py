"""The bundled fonts: the only letters a report may contain, and how a page loads and names them.

Owns the files and the family names. The families have names of their own, so that a font of the same
make on the machine can neither stand in for a bundled one nor pass the check of the finished PDF. A page loads those
of Latin, Greek and Cyrillic letters always, those of Arabic where it holds such letters; what a user adds is
`supplied`.
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
    """One font file and the CSS that asks for it."""

    file: str
    family: str
    weight: int
    style: str = "normal"

    @property
    def embedded_name(self) -> str:
        """What a PDF calls it, without the tag of a subset: as Pango words family, weight and style."""
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
ARABIC_FACES = (
    Face("NotoSansArabic-Regular.ttf", ARABIC, 400),
    Face("NotoSansArabic-Bold.ttf", ARABIC, 600),
)


@cache
def font_face_css(*, arabic: bool = False) -> str:
    """``@font-face`` rules with the files inside, as ``data:`` addresses: those of every page, or the Arabic ones."""
    return "\n".join(
        font_face_rule(face.family, face.content, face.file[-3:], weight=face.weight, style=face.style)
        for face in (ARABIC_FACES if arabic else FACES)
    )


def font_face_rule(
    family: str, content: bytes, form: str, *, weight: int = 400, style: str = "normal"
) -> str:
    """One ``@font-face`` rule; ``form`` is otf or ttf."""
    return (
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f"src: url(data:font/{form};base64,{base64.b64encode(content).decode('ascii')}); }}"
    )


def embedded_names() -> frozenset[str]:
    """What a PDF may call its fonts."""
    return frozenset(face.embedded_name for face in FACES) | names_of_family(ARABIC)


def names_of_family(family: str) -> frozenset[str]:
    """What a PDF may call fonts of a family that has not every weight and slope: the engine says what was asked for."""
    name = family.replace(" ", "-")
    return frozenset(f"{name}{weight}{slope}" for weight in (*WEIGHTS.values(), BOLD) for slope in SLOPES)


def font_digests() -> dict[str, str]:
    """File name -> the first digits of its SHA-256."""
    return {face.file: sha256_bytes(face.content)[:DIGEST_DIGITS] for face in (*FACES, *ARABIC_FACES)}


@cache
def bundled_characters() -> frozenset[str]:
    """Every character that at least one bundled font can draw."""
    return usual_characters() | _characters(ARABIC_FACES)


@cache
def usual_characters() -> frozenset[str]:
    """Every character that the fonts of every page can draw: Latin, Greek, Cyrillic, signs."""
    return _characters(FACES)


def _characters(faces: tuple[Face, ...]) -> frozenset[str]:
    fonts = (TTFont(io.BytesIO(face.content), lazy=True) for face in faces)
    return frozenset(chr(code) for font in fonts for code in font.getBestCmap())
