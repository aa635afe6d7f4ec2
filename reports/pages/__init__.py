"""The documents and their exports.

In the order of reading: `report`, `summary`, `summary_contents`, `profile`, `attestation`, `environment`,
`numbering`, `printed_tables`, `all_figures`, `number_evidence`, `glyph_coverage`, `exports`,
`tidy_estimates`, `spreadsheet`.
"""
