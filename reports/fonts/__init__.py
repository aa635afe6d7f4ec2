"""Bundled and supplied fonts, and the width of a line of text.

In the order of reading: `bundled`, `supplied`, `text_width`.
"""

from reports.fonts.bundled import (
    bundled_characters,
    embedded_names,
    font_digests,
    font_face_css,
    usual_characters,
)
from reports.fonts.supplied import NeededFont, SuppliedFont, needed_fonts, supplied_fonts
from reports.fonts.text_width import shortened, width

__all__ = [
    "NeededFont",
    "SuppliedFont",
    "bundled_characters",
    "embedded_names",
    "font_digests",
    "font_face_css",
    "needed_fonts",
    "shortened",
    "supplied_fonts",
    "usual_characters",
    "width",
]
