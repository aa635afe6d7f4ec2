"""Confidence intervals.

In the order of reading: `proportions`, `bootstrap`, `linearisation`, `distributions`.
"""
