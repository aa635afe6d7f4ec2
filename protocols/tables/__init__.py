"""CSV, Parquet and Excel into checked records: reading, mapping, rules, checks, notices."""
