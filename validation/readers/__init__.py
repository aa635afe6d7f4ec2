"""Readers: votes, consensus, agreement and its coefficients, pairs of readers, latent truth."""
