"""The bundle: its content, its signature and its archive.

In the order of reading: `create`, `layout`, `bag`, `images_csv`, `model_card`, `cyclonedx`, `ledger_copy`,
`statement`, `signing`, `archive`.
"""
