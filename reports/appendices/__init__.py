"""Appendices of the report.

In the order of reading: `appendices`, `checklists`, `available_evidence`, `glossary`, `data_dictionary`,
`bill_of_materials`.
"""
