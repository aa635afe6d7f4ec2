"""The sources of cohorts, one file each, and their registry.

In the order of reading: `registry`, `nih`, `nih_release`, `rsna`, `chexpert`, `google`, `vindr`, `dicom`,
`own_tables`.
"""
