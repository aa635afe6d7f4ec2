"""The content of each section of the report, and the context of them all.

In the order of reading: `run_evidence`, `context`, `inputs`, `flow`, `axes`, `cohort_profile`, `looks`,
`estimate_rows`, `two_by_two`, `before_the_verdict`, `cautions`, `certificate`, `failures`, `finding_selection`,
`labelling`, `risk`, `robustness`, `analyses`, `sponsor`.
"""
