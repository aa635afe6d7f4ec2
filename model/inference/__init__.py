"""Inference with a trained device: preparation, scores, timing, perturbations."""
