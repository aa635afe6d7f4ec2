"""Analyses beside the primary one: sensitivity, extremes, leave-one-out, thresholds, calibration, and more."""
