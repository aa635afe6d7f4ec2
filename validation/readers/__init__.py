"""Readers: consensus, agreement and latent truth.

In the order of reading: `consensus`, `rating_arrays`, `agreement`, `agreement_coefficients`, `reader_pairs`,
`dawid_skene`, `reader_resampling`.
"""
