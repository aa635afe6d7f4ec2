"""Analyses beside the primary one.

In the order of reading: `homogeneity`, `secondary`, `stability`, `readers`.
"""
