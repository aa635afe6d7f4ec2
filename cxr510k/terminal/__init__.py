"""Terminal output: progress, verdicts, estimates, findings of a rerun and of a verification.

In the order of reading: `screen`, `progress`, `study`, `next_steps`, `run_tables`, `rerun`,
`verification`.
"""
