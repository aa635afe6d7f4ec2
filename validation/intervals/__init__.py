"""Confidence intervals.

In the order of reading: `proportions`, `mover`, `bootstrap`, `linearisation`, `distributions`.
"""
