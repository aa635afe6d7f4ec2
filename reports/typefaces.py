"""The bundled fonts: the only letters a report may contain, and how a page loads and names them.

Owns the files and the two family names. The families have names of their own, so that a font of the same
make on the machine can neither stand in for a bundled one nor pass the check of the finished PDF.
Sources: Inter 3.19 and JetBrains Mono 2.242, both SIL Open Font License 1.1 (fonts/OFL.txt).
"""

import base64
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fontTools.ttLib import TTFont

from protocols.canonical import sha256_bytes

SANS = "cxr510k Sans"
MONO = "cxr510k Mono"
DIGEST_DIGITS = 12
WEIGHTS = {400: "", 500: "-Medium", 600: "-Semi-Bold"}


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


@cache
def font_face_css() -> str:
    """``@font-face`` rules with the files inside, as ``data:`` addresses."""
    return "\n".join(
        f'@font-face {{ font-family: "{face.family}"; font-weight: {face.weight}; font-style: {face.style}; '
        f"src: url(data:font/{face.file[-3:]};base64,{base64.b64encode(face.content).decode('ascii')}); }}"
        for face in FACES
    )


def embedded_names() -> frozenset[str]:
    """What a PDF may call its fonts."""
    return frozenset(face.embedded_name for face in FACES)


def font_digests() -> dict[str, str]:
    """File name -> the first digits of its SHA-256."""
    return {face.file: sha256_bytes(face.content)[:DIGEST_DIGITS] for face in FACES}


@cache
def bundled_characters() -> frozenset[str]:
    """Every character that at least one bundled font can draw."""
    fonts = (TTFont(io.BytesIO(face.content), lazy=True) for face in FACES)
    return frozenset(chr(code) for font in fonts for code in font.getBestCmap())
