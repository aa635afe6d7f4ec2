"""The sponsor's statements, those that are missing, and the document that they complete."""
