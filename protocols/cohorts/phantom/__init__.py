"""The phantom cohort: synthetic patients and radiographs with known truth.

In the order of reading: `generate`, `radiograph`, `anatomy`, `sites`, `simulated_readers`.
"""
