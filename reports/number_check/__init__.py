"""Every printed number against its source.

In the order of reading: `check`, `evidence`, `printed_number`, `allowed_literals`, `finding`, `html`, `figures`,
`figure_data`, `pdf_against_html`, `results_consistency`.
"""
