"""The content of each section, from the evidence: rows, readers, failures, and the context of them all."""
