"""Homogeneity of a metric over the levels of an axis.

In the order of reading: `wald_test`, `level_estimates`, `level_differences`.
"""
