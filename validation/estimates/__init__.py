"""Metrics of one row with all their intervals, and the one that decides.

In the order of reading: `estimates`, `replication`, `from_counts`, `from_scores`, `closed_form`, `metric_result`.
"""
