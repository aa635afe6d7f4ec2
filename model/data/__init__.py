"""Training data: splits, leakage, training set, augmentation, batches."""
