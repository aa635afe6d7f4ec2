"""Data sources -> the record tables, independent of what follows.

In the order of reading: `request`, `selection`, `assembly`, `cohort`, `image_paths`, `sources`, `phantom`,
`profile`.
"""
