"""What each section says, worked out from the evidence: rows, readers, failures, gaps, and the context of them all."""
