"""Amendments of the layout engine's output for an archival and accessible PDF, made before the file is written.

Owns four amendments of the engine's objects: header cells state whether they head a row or a column, the identifiers
that cells refer to can be looked up, no image is smoothed by the viewer, an attachment is associated once.
Source: ISO 32000-1 (IDTree of the structure tree, Scope of header cells), ISO 19005-3 (no Interpolate) and the
output of WeasyPrint 70.
"""

from collections.abc import Iterator
from typing import Any

import pydyf  # type: ignore[import-untyped]

ROW_SCOPES = ("row", "rowgroup")


def finish(document: Any, pdf: Any) -> None:
    """Amend a document of WeasyPrint that is about to be written.

    Args:
        document: laid out, with its boxes.
        pdf: of pydyf, with all its objects.
    """
    identified = {cell["ID"].string: cell for cell in _scoped(document) if "ID" in cell}
    if identified:
        names = pydyf.Array()
        for key in sorted(identified):
            names += [pydyf.String(key), identified[key].reference]
        root = next(entry for entry in pdf.objects if _type(entry) == "/StructTreeRoot")
        root["IDTree"] = pydyf.Dictionary({"Names": names})
    for entry in pdf.objects:
        if isinstance(entry, pydyf.Stream) and entry.extra.get("Subtype") == "/Image":
            entry.extra["Interpolate"] = "false"
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def _type(entry: Any) -> str | None:
    return entry.get("Type") if isinstance(entry, dict) else None


def _scoped(document: Any) -> Iterator[Any]:
    """Set the scope of all header cells and yield their structure elements."""
    for page in document.pages:
        for box in page._page_box.descendants(placeholders=True):
            if box.element_tag == "th" and hasattr(box, "mark"):
                box.mark["A"]["Scope"] = "/Row" if box.element.get("scope") in ROW_SCOPES else "/Column"
                yield box.mark
