"""The second implementation of the measurement, which imports nothing of the first."""
