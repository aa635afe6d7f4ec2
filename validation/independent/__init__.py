"""The second implementation of the measurement, in plain Python, independent of the first.

In the order of reading: `study`, `tables`, `cohort`, `levels`, `formulas`, `scores`, `draws`, `replicates`, `rows`,
`extremes`, `verdicts`, `comparison`.
"""
