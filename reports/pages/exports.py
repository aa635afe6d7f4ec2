"""A finished report -> its tables as CSV, its figures as SVG with the data behind them as CSV.

Owns the names and the form of these files; nothing is written here. A table has exactly the printed text, since it is
read from the page; a figure's data has the unrounded numbers of results.json, so that it can be drawn again. Cells that
a spreadsheet would change are made `harmless`. Text in a figure stays text, so that it can be searched and set in
another font.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

from markupsafe import escape

from protocols.storage.canonical import csv_text
from reports.figures.canvas import Drawing, Label
from reports.fonts.bundled import SANS
from reports.fonts.text_width import OF_TONE, PLAIN, SIZE
from reports.pages.all_figures import Gallery
from reports.pages.printed_tables import printed_tables
from reports.pages.spreadsheet import harmless
from reports.provenance.source_marks import unmarked

TABLES, FIGURES, INDEX = "tables", "figures", "index.csv"
OF_PHANTOM = "PHANTOM: synthetic images, no clinical result"
FOOT = 14.0
FAMILY = f"'{SANS}', Inter, sans-serif"
INKS: Mapping[str, str] = {
    "ink": "#17212b",
    "strong": "#17212b",
    "soft": "#5a6875",
    "faint": "#8b98a5",
    "goal": "#b4540a",
}


def exports(html: str, gallery: Gallery, *, phantom: bool) -> Mapping[str, bytes]:
    """Return every file by its name below the folder of the report, in the order of names.

    Args:
        html: the page as `report_page` wrote it.
        gallery: the figures in it.
        phantom: whether the images are synthetic, which each figure then states.
    """
    files = {**_tables(html), **_figures(drawings_of(gallery), phantom=phantom)}
    return {name: files[name].encode("utf-8") for name in sorted(files)}


def drawings_of(shown: object) -> Iterator[Drawing]:
    """Yield every drawing of a gallery, at any depth."""
    if isinstance(shown, Drawing):
        yield shown
    elif is_dataclass(shown) and not isinstance(shown, type):
        for field in fields(shown):
            yield from drawings_of(getattr(shown, field.name))
    elif isinstance(shown, Mapping):
        for one in shown.values():
            yield from drawings_of(one)
    elif isinstance(shown, Sequence) and not isinstance(shown, str):
        for one in shown:
            yield from drawings_of(one)


def svg_file(drawing: Drawing, *, phantom: bool) -> str:
    """Return a figure as a document of its own, text included; for phantoms with a line that states it."""
    width, height = drawing.width, drawing.height + (FOOT if phantom else 0.0)
    labels = [*drawing.labels, *([Label(0, height - 4, OF_PHANTOM, "start", "goal")] if phantom else [])]
    letters = "".join(map(_text_element, labels))
    head = f'<svg width="{width:g}pt" height="{height:g}pt" viewBox="0 0 {width:g} {height:g}" '
    body = re.sub(r'^<svg ([^>]*?)viewBox="[^"]*" ?', head + r"\1", str(drawing.shapes)).removesuffix(
        "</svg>"
    )
    group = (
        f'<g font-family="{escape(FAMILY)}" font-size="{SIZE:g}" style="font-variant-numeric:tabular-nums">'
    )
    return unmarked(f"{body}{group}{letters}</g></svg>\n")


def _text_element(label: Label) -> str:
    weight = OF_TONE.get(label.tone, PLAIN)
    return (
        f'<text x="{label.x:g}" y="{label.y:g}" text-anchor="{label.anchor}" fill="{INKS[label.tone]}" '
        f'font-weight="{weight}">{escape(label.text)}</text>'
    )


def _tables(html: str) -> dict[str, str]:
    tables = printed_tables(html)
    names = _names([table.key for table in tables])
    files = {
        f"{TABLES}/{name}.csv": _sheet(table.header, table.rows)
        for name, table in zip(names, tables, strict=True)
    }
    index = [(f"{name}.csv", table.caption) for name, table in zip(names, tables, strict=True)]
    return files | {f"{TABLES}/{INDEX}": _sheet(("file", "caption"), index)}


def _figures(drawings: Iterator[Drawing], *, phantom: bool) -> dict[str, str]:
    shown = list(drawings)
    names = _names([drawing.name for drawing in shown])
    files = {
        f"{FIGURES}/{name}.svg": svg_file(drawing, phantom=phantom)
        for name, drawing in zip(names, shown, strict=True)
    }
    for name, drawing in zip(names, shown, strict=True):
        files[f"{FIGURES}/{name}.csv"] = _sheet(drawing.data.header, drawing.data.rows)
    index = [
        (f"{name}.svg", unmarked(drawing.description)) for name, drawing in zip(names, shown, strict=True)
    ]
    return files | {f"{FIGURES}/{INDEX}": _sheet(("file", "description"), index)}


def _sheet(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table safe to open in a spreadsheet."""
    return csv_text(harmless(header), map(harmless, rows))


def _names(keys: Sequence[str]) -> list[str]:
    """Return unique file names in plain letters, none that of the index."""
    taken = {INDEX.removesuffix(".csv"): 1}
    names = []
    for key in keys:
        name = re.sub(r"[^a-z0-9_]+", "-", key.lower()).strip("-") or "unnamed"
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name}-{taken[name]}")
    return names
