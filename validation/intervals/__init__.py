"""Confidence intervals.

In the order of reading: `proportions`, `group_degrees`, `mover`, `bootstrap`, `linearisation`, `distributions`.
"""
