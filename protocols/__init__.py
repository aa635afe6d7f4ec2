"""The protocol, the records that all rooms share, and the evidence. Imports no other room.

In the order of reading: `schema`, `tables`, `images`, `cohorts`, `ledger`, `registration`, `evidence`,
`model_folder`, `device_timing`, `recorded_results`, `finding`, `storage`, `parallel`, `progress`, `errors`.
"""
