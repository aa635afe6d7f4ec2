"""Data sources -> the record tables, knowing nothing of what follows: `sources` are real, `phantom` is synthetic."""
