"""Reports on a run: its evidence as PDF and HTML; no statistic is computed here.

In the order of reading: `render`, `pages`, `appendices`, `figures`, `content`, `run_files`, `pdf`, `number_check`,
`language`, `fonts`, `provenance`.
"""
