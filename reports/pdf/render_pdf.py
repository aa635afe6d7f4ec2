"""HTML -> PDF bytes, the same on every day and in every place, or not at all.

Owns the layout engine and every guard around it: the clock is the document's, nothing but ``data:`` is fetched, every
letter is of a bundled or supplied font, no error of the engine is lost, and what `pdfa_checks` finds stops the
document. The engine is loaded only where a PDF is made: it needs libraries that a machine may lack
(`render_stack.require_libraries` says so in a sentence).
Source: measurements of WeasyPrint 70 with SOURCE_DATE_EPOCH, dated attachments and a denying fetcher.
"""

import gc
import io
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pikepdf

from protocols.errors import BadInputError, SuiteError
from reports.fonts.bundled import embedded_names
from reports.fonts.supplied import NeededFont
from reports.pdf.pdfa_checks import check
from reports.pdf.render_stack import require_libraries
from reports.pdf.tagging import finish

EPOCH = "SOURCE_DATE_EPOCH"
ALLOWED = "data:"
VARIANT = "pdf/a-3a"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file within the PDF."""

    name: str
    description: str
    content: bytes


def lay_out(
    html: str, *, date: datetime, attached: Sequence[Attached], fonts: Sequence[NeededFont] = ()
) -> bytes:
    """Lay a document out on pages.

    Args:
        html: the whole document.
        date: of the document and of all it carries.
        attached: files to embed.
        fonts: that the document loads beside the bundled ones.

    Raises:
        NotPossibleHereError: the engine's libraries are missing.
        BadInputError: a letter of the document is in none of the fonts.
        SuiteError: the document asked for something outside itself, the engine reported errors, or the pages break a
            rule of `pdfa_checks`.
    """
    require_libraries()
    denied: list[str] = []
    with _clock_at(date), _garbage_collection_paused(), _engine_errors() as errors:
        pdf = _written(html, date, attached, denied)
    if denied:
        raise SuiteError(
            f"The report asked for {', '.join(sorted(set(denied)))}; nothing outside the document is ever fetched, so "
            "a template is at fault."
        )
    if errors:
        raise SuiteError(f"The report could not be laid out faithfully: {'; '.join(errors)}.")
    allowed = embedded_names().union(*(font.embedded_names for font in fonts))
    strange = sorted(embedded_fonts(pdf) - allowed)
    if strange:
        raise BadInputError(
            f"The report holds letters of a font that is not bundled ({', '.join(strange)}); write the names in it "
            "with letters that the bundled fonts have."
        )
    found = check(pdf, attached={file.name: file.content for file in attached}, fonts=allowed)
    if found:
        raise SuiteError(
            "The PDF could not be kept as an archive and a screen reader ask for, so it is not written: "
            f"{' '.join(f'{finding.told} [{finding.rule}]' for finding in found)} A template is at fault."
        )
    return pdf


def embedded_fonts(pdf: bytes) -> set[str]:
    """Return the names of all fonts of a PDF, without the tags of subsets."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = (entry for entry in document.objects if isinstance(entry, pikepdf.Dictionary))
        return {
            str(font["/BaseFont"]).strip("/").rpartition("+")[2]
            for font in fonts
            if font.get("/Type") == "/Font" and "/BaseFont" in font
        }


def _written(html: str, date: datetime, attached: Sequence[Attached], denied: list[str]) -> bytes:
    """Return the PDF; ``denied`` receives every address that was asked for and is not of the document itself."""
    from weasyprint import HTML, Attachment
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class DataOnly(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if not url.startswith(ALLOWED):
                denied.append(url)  # the exception alone does not do: within an SVG the engine swallows it
                raise FatalURLFetchingError(url)
            return super().fetch(url, headers)

    fetcher = DataOnly(allow_redirects=False)
    attachments = [
        Attachment(
            string=file.content,
            name=file.name,
            description=file.description,
            created=date,
            modified=date,
            relationship="Data",
            url_fetcher=fetcher,
        )
        for file in sorted(attached, key=lambda file: file.name)
    ]
    try:
        with warnings.catch_warnings():
            # The engine leaves the file of the colour profile open.
            warnings.filterwarnings("ignore", r"unclosed file .*\.icc", ResourceWarning)
            pdf: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(
                attachments=attachments, pdf_variant=VARIANT, finisher=finish
            )
    except FatalURLFetchingError:
        return b""
    return pdf


@contextmanager
def _clock_at(date: datetime) -> Iterator[None]:
    """Set the clock to the document's date while a PDF is written; restore it afterwards."""
    before = os.environ.get(EPOCH)
    os.environ[EPOCH] = str(int(date.timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ[EPOCH]
        else:
            os.environ[EPOCH] = before


@contextmanager
def _garbage_collection_paused() -> Iterator[None]:
    """Pause garbage collection: what the engine makes lives until the end, and collecting takes a sixth of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _engine_errors() -> Iterator[list[str]]:
    """Collect the engine's errors while the block runs; its warnings, such as CSS meant for screens, are dropped."""
    engine, listener = logging.getLogger("weasyprint"), _Listener()
    propagated, engine.propagate = engine.propagate, False
    engine.addHandler(listener)
    try:
        yield listener.heard
    finally:
        engine.removeHandler(listener)
        engine.propagate = propagated
