"""The locked test set: registration before the first look, looks, receipts and their history.

In the order of reading: `test_set`, `entry_facts`, `registry`, `register`, `counted_look`, `receipt`,
`consistency`, `history`, `display`.
"""
