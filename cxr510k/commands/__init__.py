"""The commands, one file per theme: each parses, calls one function of the library and prints what it wrote.

In the order of reading: `cohort`, `device`, `registration`, `study`, `show`, `evidence`, `schema`, `doctor`.
"""
