"""Appendices of the report: checklists, glossary, data dictionary, bill of materials."""
