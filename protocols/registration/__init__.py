"""The locked test set: registration before the first look, looks, receipts and their history.

In the order of reading: `test_set`, `entries`, `registry`, `register`, `look`, `receipt`, `consistency`, `history`,
`display`.
"""
