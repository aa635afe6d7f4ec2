"""Terms and number formats.

In the order of reading: `formatting`, `names`, `vocabulary`, `rule_sentences`, `missing_value_notes`.
"""
