"""Definitions of the metrics.

In the order of reading: `counts`, `auroc`, `auroc_interval`, `average_precision`, `brier`, `ranking`.
"""
