"""What was promised: plan, cohorts, records, bytes and evidence. Imports nothing else of the suite."""
