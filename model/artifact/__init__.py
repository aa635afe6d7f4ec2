"""The model folder: plan, history, calibration, operating point, reading and writing."""
