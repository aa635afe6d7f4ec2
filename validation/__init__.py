"""The measurement: records of a cohort and a device's scores -> results. Needs NumPy and SciPy, never TensorFlow."""
