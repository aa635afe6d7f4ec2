"""Terminal output: progress, verdicts, findings of a rerun and of a verification.

In the order of reading: `screen`, `progress`, `study`, `rerun`, `verification`.
"""
