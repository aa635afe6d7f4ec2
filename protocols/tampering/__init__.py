"""Whether verification sees every tampering that can be thought of."""
