"""The phantom cohort: synthetic patients, radiographs, sites and simulated readers."""
