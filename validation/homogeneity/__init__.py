"""Homogeneity of a metric over the levels of an axis: Wald test, level estimates, differences between levels."""
