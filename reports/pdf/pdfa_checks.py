"""Whether a finished PDF keeps what an archive and a screen reader ask of it: a lint, and veraPDF where it is there.

Owns the rules and their names. The lint reads the file as anyone would, and knows nothing of how it was made; it
finds what it looks for and is no proof of conformance, so nothing here calls a file validated but veraPDF itself.
Source: ISO 19005-3 level A and ISO 32000-1, as far as pikepdf shows them; WCAG's rule that headings skip no level.
"""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pikepdf

from protocols.storage.canonical import sha256_bytes

PART, CONFORMANCE = "3", "A"
RELATIONSHIPS = ("/Data", "/Source", "/Supplement", "/Alternative")
ACTIVE = (
    *("/JavaScript", "/Launch", "/URI", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/ResetForm"),
    *("/Movie", "/Sound", "/Rendition", "/Hide", "/Trans", "/SetOCGState"),
)
HEADINGS = ("/H1", "/H2", "/H3", "/H4", "/H5", "/H6")
DEEPEST_NESTING = 28
VERAPDF = "verapdf"
VERAPDF_SECONDS = 300


@dataclass(frozen=True, slots=True)
class ArchivalFinding:
    """A rule that a PDF breaks, and where."""

    rule: str
    told: str


@dataclass(frozen=True, slots=True)
class VeraPdf:
    """What veraPDF reported, or that it is not on this machine."""

    status: Literal["PASSED", "FAILED", "SKIPPED"]
    told: str


def check(
    pdf: bytes, *, attached: Mapping[str, bytes], fonts: Collection[str]
) -> tuple[ArchivalFinding, ...]:
    """Return every rule that a finished PDF breaks, by name.

    Args:
        pdf: the file.
        attached: name -> bytes of each file that it must carry, and no other.
        fonts: the names that its fonts may have, without the tags of subsets.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        objects = list(document.objects)
        found = [
            *_identity(document),
            *_structure(document),
            *_attachments(document, attached),
            *_safety(document, objects),
            *_fonts(objects, fonts),
        ]
    return tuple(dict.fromkeys(ArchivalFinding(rule, sentence) for rule, sentence in found))


def verapdf(pdf: bytes) -> VeraPdf:
    """Ask veraPDF, where it is on the path, whether a PDF conforms to PDF/A-3a."""
    program = shutil.which(VERAPDF)
    if program is None:
        return VeraPdf("SKIPPED", f"{VERAPDF} is not on the path")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.pdf"
        file.write_bytes(pdf)
        flavour = f"{PART}{CONFORMANCE.lower()}"
        try:
            ended = subprocess.run(
                [program, "--format", "text", "--flavour", flavour, str(file)],
                capture_output=True,
                text=True,
                timeout=VERAPDF_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return VeraPdf("FAILED", f"no answer within {VERAPDF_SECONDS} seconds")
    passed = ended.returncode == 0 and ended.stdout.startswith("PASS")
    words = " ".join((ended.stdout or ended.stderr).replace(str(file), file.name).split())
    return VeraPdf("PASSED" if passed else "FAILED", words)


Broken = Iterator[tuple[str, str]]


def _identity(document: pikepdf.Pdf) -> Broken:
    """Yield breaches of the file's identification: version, part and level of PDF/A, title and language."""
    root: Any = document.Root
    if not root.get("/MarkInfo", {}).get("/Marked", False):
        yield "marked", "The document does not say that its content is tagged."
    if not str(root.get("/Lang", "")):
        yield "lang", "The document names no language."
    if "/Metadata" not in root:
        yield "xmp", "The document has no XMP metadata."
        return
    xmp = document.open_metadata()
    declared = (xmp.get("pdfaid:part"), xmp.get("pdfaid:conformance"))
    title = xmp.get("dc:title")
    if declared != (PART, CONFORMANCE):
        yield "xmp", f"The metadata declare PDF/A part {declared[0]}, conformance {declared[1]}."
    if not title or str(document.docinfo.get("/Title", "")) != title:
        yield "title", "The document has no title, or not the same in both of its places."
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "title", "A viewer would show the name of the file in place of the title."
    intents = root.get("/OutputIntents", [])
    if not any(intent.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in intent for intent in intents):
        yield "output-intent", "The document has no output intent with a colour profile."


def _structure(document: pikepdf.Pdf) -> Broken:
    """Yield breaches of the structure that a screen reader uses."""
    if "/StructTreeRoot" not in document.Root:
        yield "structure", "The document has no structure tree."
        return
    level = 0
    for element in _elements(document.Root.StructTreeRoot):
        kind = str(element.get("/S", ""))
        if kind in HEADINGS:
            now = HEADINGS.index(kind) + 1
            if now > level + 1:
                yield "headings", f"A heading of level {now} follows one of level {level or 'none'}."
            level = now
        elif kind == "/Figure" and not str(element.get("/Alt", "")).strip():
            yield "alternative-text", "A figure has no text for those who cannot see it."
        elif kind == "/Table" and not any(part.get("/S") == "/TH" for part in _elements(element)):
            yield "table-headers", "A table has no header cell."
        elif kind == "/TH" and _scope(element) not in ("/Row", "/Column", "/Both"):
            yield "header-scope", "A header cell does not say whether it heads a row or a column."


def _elements(top: Any) -> Iterator[Any]:
    """Yield the structure elements below one, in reading order."""
    waiting = [top]
    while waiting:
        element = waiting.pop()
        if element is not top:
            yield element
        kids = element.get("/K", [])
        below = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        waiting += [kid for kid in reversed(below) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


def _scope(cell: Any) -> str:
    return str(cell.get("/A", {}).get("/Scope", ""))


def _attachments(document: pikepdf.Pdf, attached: Mapping[str, bytes]) -> Broken:
    """Yield breaches of the attached evidence."""
    carried = {name: file.get_file().read_bytes() for name, file in document.attachments.items()}
    for name in sorted(attached.keys() | carried.keys()):
        if name not in carried:
            yield "attachments", f"{name} is not attached."
        elif name not in attached:
            yield "attachments", f"{name} is attached and is none of the evidence."
        elif sha256_bytes(carried[name]) != sha256_bytes(attached[name]):
            yield "attachments", f"{name} is attached with other bytes than the evidence has."
    associated: Any = document.Root.get("/AF", [])
    names = [str(file.get("/UF", "")) for file in associated]
    if sorted(names) != sorted(carried):
        yield "associated-files", f"Associated are {names}, attached {sorted(carried)}."
    for file in associated:
        if file.get("/AFRelationship") not in RELATIONSHIPS:
            yield "associated-files", f"{file.get('/UF')} does not say how it belongs to the document."
        stream: Any = file.get("/EF", {}).get("/F", {})
        if "/Subtype" not in stream or "/ModDate" not in stream.get("/Params", {}):
            yield "associated-files", f"{file.get('/UF')} lacks its type or its date."


def _safety(document: pikepdf.Pdf, objects: list[Any]) -> Broken:
    """Yield what acts, leads elsewhere, is left to the viewer to draw, or is hidden."""
    if document.is_encrypted:
        yield "encryption", "The document is encrypted."
    for entry in objects:
        if not isinstance(entry, (pikepdf.Dictionary, pikepdf.Stream)):
            continue
        action = str(entry.get("/S", "")) if entry.get("/Type", "/Action") == "/Action" else ""
        nested: Any = entry.get("/A", {})
        if isinstance(nested, pikepdf.Dictionary) and not action:
            action = str(nested.get("/S", ""))
        if action in ACTIVE or "/JS" in entry or "/AA" in entry:
            yield "active-content", f"The document holds an action ({action.strip('/') or 'script'})."
        if entry.get("/Interpolate", False):
            yield "interpolate", "An image would be smoothed by the viewer."
    names: Any = document.Root.get("/Names", {})
    if "/JavaScript" in names or "/OpenAction" in document.Root:
        yield "active-content", "The document holds an action that runs when it is opened."
    for number, page in enumerate(document.pages, start=1):
        if _nesting(page) > DEEPEST_NESTING:
            yield "nesting", f"Page {number} saves its graphics state more than {DEEPEST_NESTING} times over."


def _nesting(page: pikepdf.Page) -> int:
    """Return how deep a page saves its graphics state."""
    deepest = depth = 0
    page.contents_coalesce()
    for line in page.obj.Contents.read_bytes().splitlines():
        if line == b"q":
            depth += 1
            deepest = max(deepest, depth)
        elif line == b"Q":
            depth -= 1
    return deepest


def _fonts(objects: list[Any], allowed: Collection[str]) -> Broken:
    """Yield fonts that are not embedded or not allowed."""
    for entry in objects:
        if not isinstance(entry, pikepdf.Dictionary):
            continue
        if entry.get("/Type") == "/FontDescriptor":
            name = str(entry.get("/FontName", "")).strip("/").rpartition("+")[2]
            if not any(key in entry for key in ("/FontFile", "/FontFile2", "/FontFile3")):
                yield "fonts-embedded", f"The font {name} is not inside the document."
            if name not in allowed:
                yield "fonts-bundled", f"The font {name} is neither bundled nor supplied."
        elif entry.get("/Type") == "/Font":
            name = str(entry.get("/BaseFont", "")).strip("/")
            composite = entry.get("/Subtype") == "/Type0"
            if composite and "/ToUnicode" not in entry:
                yield "fonts-unicode", f"The letters of the font {name} cannot be copied as text."
            if composite and entry.get("/Encoding") != "/Identity-H":
                yield "fonts-glyphs", f"The font {name} was asked for a letter that it does not have."
            if not composite and "/FontDescriptor" not in entry:
                yield "fonts-embedded", f"The font {name} is not inside the document."
