"""The order of a study, and its repetition.

In the order of reading: `invocation`, `inputs`, `work_folder`, `stages`, `run`, `run_additions`, `rerun`,
`attestation`.
"""
