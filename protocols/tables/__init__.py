"""CSV, Parquet and Excel files -> checked records.

In the order of reading: `reading`, `delimited`, `parquet`, `excel`, `column_rules`, `column_mapping`, `ages`,
`checks`, `records`, `boxes_and_marks`, `perturbation_scores`, `input_account`, `notices`, `unknown_values`,
`identifier_mismatches`, `column_writer`.
"""
