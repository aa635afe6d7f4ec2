"""The sponsor's statements, those that are missing, and the document that they complete.

In the order of reading: `submission`, `missing_statements`, `document_control`.
"""
