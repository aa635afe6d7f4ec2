"""Data sources -> the record tables: each file here knows one source and nothing of what follows."""
