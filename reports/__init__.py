"""The account of a run: what the evidence says, set as a PDF and as one HTML file; nothing is computed here."""
