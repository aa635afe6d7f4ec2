"""Analyses beside the primary one: homogeneity, readers, secondary results, stability."""
