"""Whether a run comes out again, at which level, and what an auditor attests of it."""
