"""Definitions of the metrics: counts, AUROC and its interval, average precision, Brier score, ranking."""
