"""Confidence intervals.

In the order of reading: `proportions`, `group_degrees`, `bootstrap`, `linearisation`, `distributions`.
"""
