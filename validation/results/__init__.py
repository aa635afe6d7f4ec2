"""The types of results.json and robustness/results.json: all that reports may import of this room.

In the order of reading: `results`, `secondary`, `verdict_sensitivity`, `robustness_results`.
"""
