"""Secondary analyses: sensitivity, extremes, leave-one-out, thresholds, calibration, and more."""
