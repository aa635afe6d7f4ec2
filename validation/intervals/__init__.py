"""Confidence intervals: proportions, bootstrap, linearisation, and their distributions."""
