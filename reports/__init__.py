"""Reports on a run: its evidence as a PDF and as one HTML file; no statistic is computed here."""
