"""The second implementation of the measurement, in plain Python, independent of the first.

In the order of reading: `study`, `tables`, `cohort`, `subgroup_levels`, `formulas`, `scores`, `draws`,
`replicates`, `estimate_rows`, `best_and_worst_case`, `verdicts`, `reader_panels`, `tipping_points`, `comparison`.
"""
