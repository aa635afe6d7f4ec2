"""Image files (DICOM, PNG, JPEG) -> grey pixels and header, or the reason why not.

In the order of reading: `folder`, `run_images`, `decode`, `dicom`, `dicom_header`, `projection`, `body_part`,
`look_up_table`, `codestream`, `png_jpeg`, `jpeg`, `outliers`, `input_gate`, `hashes`, `perceptual_hash`.
"""
