"""Confidence intervals.

In the order of reading: `effective_size`, `proportions`, `group_degrees`, `mover`, `logit_student`, `bootstrap`,
`linearisation`, `distributions`.
"""
