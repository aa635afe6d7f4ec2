"""Image files (DICOM, PNG, JPEG) -> grey pixels and header, or the reason why not."""
