"""A rerun compared with its record.

In the order of reading: `open_evidence`, `rerun_levels`, `guard_band`, `comparisons`, `json_diff`, `weights_diff`,
`attestation`.
"""
