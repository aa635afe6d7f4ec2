"""The input tables joined: eligibility, outcomes, subgroups, line listing.

In the order of reading: `inputs`, `table_match`, `join`, `clusters`, `leakage`, `operating_point`, `outcomes`,
`weighting`, `subgroups`, `summary`, `line_listing`.
"""
