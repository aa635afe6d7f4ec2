"""Metrics of one row with all their intervals: replicates, counts, scores, closed forms, the one that decides."""
