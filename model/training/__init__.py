"""Training: epochs, losses, checkpoints, progress, initial weights."""
