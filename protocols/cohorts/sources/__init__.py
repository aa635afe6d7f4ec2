"""Where cohorts come from: NIH, RSNA, CheXpert, Google, VinDr, DICOM folders, own tables."""
