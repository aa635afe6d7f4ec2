"""Training data: which patients and images, and how they are fed to the network.

In the order of reading: `splits`, `leakage`, `training_set`, `augmentation`, `batches`, `pack`.
"""
