"""Use of a trained device: preparation, scores, timing, perturbations."""
