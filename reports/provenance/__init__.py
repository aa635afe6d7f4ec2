"""Numbers that carry their source, and the marks that keep it on a page."""
