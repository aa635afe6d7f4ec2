"""What lays out a PDF on this machine: which libraries are missing and which versions are there.

Owns the render stack that run.json records, because only with the same stack are the same bytes promised. Imports
nothing that needs the libraries.
"""

import ctypes
import platform
import zlib
from collections.abc import Mapping, Sequence
from importlib.metadata import version

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
FONT, SUPPLIED = "font ", "supplied font "
PACKAGES = ("fonttools", "jinja2", "matplotlib", "pydyf", "pyphen", "tinycss2", "tinyhtml5", "weasyprint")


def missing_libraries() -> list[str]:
    """Return the names of the system libraries that a PDF needs and that cannot be loaded here."""
    return [name for name in LIBRARIES if _loaded(name) is None]


def require_libraries() -> None:
    """Refuse to render without the system libraries.

    Raises:
        NotPossibleHereError: naming those missing and the one line that installs them.
    """
    missing = missing_libraries()
    if missing:
        raise NotPossibleHereError(
            f"The PDF needs {', '.join(missing)}, which this machine lacks; install with: {INSTALL}"
        )


def render_stack(fonts: Sequence[NeededFont] = ()) -> dict[str, str]:
    """Return the version of everything that may change the bytes of a PDF; of supplied fonts, the SHA-256."""
    fontconfig = _call("fontconfig", "FcGetVersion", ctypes.c_int)
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "pango": _text(_call("pango", "pango_version_string", ctypes.c_char_p)),
        "harfbuzz": _text(_call("harfbuzz", "hb_version_string", ctypes.c_char_p)),
        "harfbuzz-subset": "no" if _loaded("harfbuzz-subset") is None else "yes",
        "fontconfig": str(fontconfig or "none"),
        **{package: version(package) for package in PACKAGES},
        **{f"{FONT}{file}": digest for file, digest in font_digests().items()},
        **{f"{SUPPLIED}{needed.font.file}": needed.font.sha256 for needed in fonts},
    }


def same_stack(recorded: Mapping[str, str], here: Mapping[str, str]) -> bool:
    """Return whether what a run recorded lays a PDF out as this stack does.

    A package that only the record names does not count, as earlier suites recorded one that laid out nothing. A font
    does.
    """
    names = {*here, *(name for name in recorded if name.startswith((FONT, SUPPLIED)))}
    return all(recorded.get(name) == here.get(name) for name in names)


def missing_fonts(recorded: Mapping[str, str], fonts: Sequence[SuppliedFont]) -> tuple[str, ...]:
    """Return the supplied fonts that a recorded stack names and that are missing here, each with its SHA-256."""
    there = {font.sha256 for font in fonts}
    return tuple(
        f"{name.removeprefix(SUPPLIED)} (SHA-256 {digest})"
        for name, digest in sorted(recorded.items())
        if name.startswith(SUPPLIED) and digest not in there
    )


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
