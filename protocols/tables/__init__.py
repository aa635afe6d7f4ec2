"""CSV, Parquet and Excel files -> checked records: reading, column mapping, rules, checks, notices."""
