"""Readers: reads as arrays, consensus, agreement and its coefficients, pairs of readers, latent truth."""
