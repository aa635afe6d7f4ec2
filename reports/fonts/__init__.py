"""Bundled and supplied fonts, and the width of a line of text.

In the order of reading: `bundled`, `supplied`, `text_width`.
"""

from reports.fonts.bundled import (
    Face,
    bundled_characters,
    embedded_names,
    font_digests,
    font_face_css,
    font_face_rule,
    names_of_family,
    usual_characters,
)
from reports.fonts.supplied import NeededFont, SuppliedFont, needed_fonts, supplied_fonts
from reports.fonts.text_width import shortened, width

__all__ = [
    "Face",
    "NeededFont",
    "SuppliedFont",
    "bundled_characters",
    "embedded_names",
    "font_digests",
    "font_face_css",
    "font_face_rule",
    "names_of_family",
    "needed_fonts",
    "shortened",
    "supplied_fonts",
    "usual_characters",
    "width",
]
