"""The measurement: records of a cohort and a device's scores -> results. Never loads a deep-learning library.

In the order of reading: `run`, `cohort`, `readers`, `metrics`, `intervals`, `estimates`, `homogeneity`, `analyses`,
`criteria`, `result_notices`, `input_notices`, `independent`, `results`.
"""
