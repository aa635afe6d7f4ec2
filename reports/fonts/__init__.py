"""Bundled and supplied fonts, and the width of a line of text."""
