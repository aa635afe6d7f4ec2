"""The documents: report, summary, profile, attestation, and their exports."""
