"""The protocol's names of rules -> sentences: how reads become one verdict, how a threshold was chosen.

Owns the meaning in words of each rule. Source: the contract ("Protocol"; "Statistics", 5).
"""


def reference_rule(rule: str) -> str:
    """Return how reads become one verdict, as a sentence without its full stop.

    >>> reference_rule("any").partition(",")[0]
    'positive where one read is positive'
    """
    name, _, argument = rule.partition(":")
    return {
        "majority": "positive or negative where more than half of all reads of the image say so, otherwise "
        "indeterminate",
        "unanimous": "positive or negative where all reads are alike and determinate, otherwise indeterminate",
        "any": "positive where one read is positive, negative where all are negative, otherwise indeterminate",
        "at_least": f"positive with {argument} positive reads; indeterminate with fewer than {argument} reads, or "
        f"where positive and indeterminate reads together reach {argument}; otherwise negative",
        "adjudicated": "the verdict of the others where they agree and are determinate, otherwise that of "
        f"{argument}; indeterminate where {argument} did not read the image",
    }[name]


def threshold_rule(rule: str) -> str:
    """Return how the threshold was chosen on the tuning split.

    >>> threshold_rule("sensitivity_at_least:0.90")
    'the largest threshold whose sensitivity is at least 0.90'
    """
    name, _, argument = rule.partition(":")
    return {
        "sensitivity_at_least": f"the largest threshold whose sensitivity is at least {argument}",
        "max_f1": "the threshold of the largest F1",
        "youden": "the threshold of the largest sum of sensitivity and specificity",
    }[name]
