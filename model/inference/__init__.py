"""Inference with a trained device.

In the order of reading: `prepare`, `predict`, `perturbations`, `occlusions`, `perturbed_scores`, `timing`.
"""
