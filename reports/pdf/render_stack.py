"""What lays out a PDF on this machine: which libraries are missing, which versions are there, what a PDF holds.

Owns the render stack that run.json records, because only with the same stack are the same bytes promised, and the
comparison of content that stands in where the stacks differ. Imports nothing that needs the libraries.
"""

import ctypes
import io
import platform
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from pypdf import PdfReader

from protocols.errors import NotPossibleHereError
from reports.fonts.bundled import font_digests
from reports.fonts.supplied import NeededFont, SuppliedFont

INSTALL = (
    "apt-get update && apt-get install -y --no-install-recommends "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig"
)
LIBRARIES = {
    "pango": ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    "pangoft2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    "harfbuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib"),
    "harfbuzz-subset": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
    "fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib"),
}
SUPPLIED = "supplied font "
PACKAGES = (
    "fonttools",
    "jinja2",
    "matplotlib",
    "pydyf",
    "pypdf",
    "pyphen",
    "tinycss2",
    "tinyhtml5",
    "weasyprint",
)


@dataclass(frozen=True, slots=True)
class ReportContent:
    """What a PDF says whatever laid it out: its words without regard to spaces, and its attachments by name."""

    text: str
    attachments: dict[str, bytes]


def missing_libraries() -> list[str]:
    """Names of the system libraries that a PDF needs and that cannot be loaded here."""
    return [name for name in LIBRARIES if _loaded(name) is None]


def require_libraries() -> None:
    """Refuse to render without them.

    Raises:
        NotPossibleHereError: naming those missing and the one line that installs them.
    """
    missing = missing_libraries()
    if missing:
        raise NotPossibleHereError(
            f"The PDF needs {', '.join(missing)}, which this machine lacks; install with: {INSTALL}"
        )


def render_stack(fonts: Sequence[NeededFont] = ()) -> dict[str, str]:
    """Name -> version of everything whose change may change the bytes of a PDF; of supplied fonts, the SHA-256."""
    fontconfig = _call("fontconfig", "FcGetVersion", ctypes.c_int)
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "pango": _text(_call("pango", "pango_version_string", ctypes.c_char_p)),
        "harfbuzz": _text(_call("harfbuzz", "hb_version_string", ctypes.c_char_p)),
        "harfbuzz-subset": "no" if _loaded("harfbuzz-subset") is None else "yes",
        "fontconfig": str(fontconfig or "none"),
        **{package: version(package) for package in PACKAGES},
        **{f"font {file}": digest for file, digest in font_digests().items()},
        **{f"{SUPPLIED}{needed.font.file}": needed.font.sha256 for needed in fonts},
    }


def missing_fonts(recorded: Mapping[str, str], fonts: Sequence[SuppliedFont]) -> tuple[str, ...]:
    """The supplied fonts that a recorded stack names and that are not among these, each with its SHA-256."""
    there = {font.sha256 for font in fonts}
    return tuple(
        f"{name.removeprefix(SUPPLIED)} (SHA-256 {digest})"
        for name, digest in sorted(recorded.items())
        if name.startswith(SUPPLIED) and digest not in there
    )


def content_of(pdf: bytes) -> ReportContent:
    """Words and attachments of a PDF."""
    reader = PdfReader(io.BytesIO(pdf))
    words = " ".join(page.extract_text() for page in reader.pages).split()
    attachments = {name: contents[0] for name, contents in reader.attachments.items()}
    return ReportContent(" ".join(words), attachments)


def same_content(one: bytes, other: bytes) -> bool:
    """Whether two PDFs say the same and carry the same attachments."""
    return content_of(one) == content_of(other)


def _loaded(name: str) -> ctypes.CDLL | None:
    for file in LIBRARIES[name]:
        try:
            return ctypes.CDLL(file)
        except OSError:
            continue
    return None


def _call(
    library: str, function: str, result: type[ctypes.c_char_p] | type[ctypes.c_int]
) -> bytes | int | None:
    loaded = _loaded(library)
    if loaded is None:
        return None
    called = loaded[function]
    called.restype = result
    answer: bytes | int | None = called()
    return answer


def _text(answer: bytes | int | None) -> str:
    return answer.decode("ascii") if isinstance(answer, bytes) else "none"
