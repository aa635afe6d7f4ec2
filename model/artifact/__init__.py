"""The model folder: what training writes and prediction reads.

In the order of reading: `plan`, `operating_point`, `calibration`, `model_folder`.
"""
