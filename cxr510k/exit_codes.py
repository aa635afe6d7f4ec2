"""Exit codes of the command line, as the contract fixes them; those of refusals are in `protocols.errors`."""

AGAINST = ("fail", "inconclusive")  # verdicts that end with `VERDICT_AGAINST`
DONE, VERDICT_AGAINST, BAD_INPUT, NOT_POSSIBLE_HERE, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 3, 4, 130
TERMINATED = 143
