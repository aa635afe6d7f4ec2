"""The tables joined into the analysed cohort: inputs, join, leakage, outcomes, subgroups, line listing."""
