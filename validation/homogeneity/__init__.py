"""Whether a metric is the same in all levels of an axis: Wald test, level estimates, differences between levels."""
