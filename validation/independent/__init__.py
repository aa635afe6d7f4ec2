"""The independent second implementation of the measurement, in plain Python."""
