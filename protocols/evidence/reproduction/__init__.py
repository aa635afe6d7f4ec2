"""A rerun against its record: levels, comparisons, guard band, attestation."""
