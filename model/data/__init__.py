"""What a device is trained on: splits, leakage, training set, augmentation, batches."""
