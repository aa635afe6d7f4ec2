"""A run folder as a signed bundle: bag, statement, signature, environment, archive."""
