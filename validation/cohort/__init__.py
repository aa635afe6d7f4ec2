"""The tables joined into analysed images: inputs, join, notices, outcomes, subgroups, line listing."""
