"""The order of a study, and its repetition.

In the order of reading: `invocation`, `inputs`, `stages`, `run`, `additions`, `rerun`, `attestation`.
"""
