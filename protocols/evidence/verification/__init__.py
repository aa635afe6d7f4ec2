"""Verification of a bundle, offline.

In the order of reading: `verify`, `check`, `file_reader`, `file_tree`, `signed_statement`, `signed_content`,
`bag_check`, `run_check`, `results_check`, `ledger_check`, `environment_check`, `unsigned_check`.
"""
