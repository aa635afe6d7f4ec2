"""Terminal output: progress, verdicts, findings of a rerun and of a verification."""
