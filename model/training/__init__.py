"""Training of the device under test.

In the order of reading: `train`, `epochs`, `learning_rate`, `losses`, `tuning_auroc`, `initial_weights`,
`checkpoints`, `progress`.
"""
