"""Numbers that carry their source, and the marks that keep it in a page."""
