"""Verification of a bundle: bag, signature, statement, run, ledger, results, environment."""
