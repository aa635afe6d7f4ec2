"""What a report reads from a run folder.

In the order of reading: `line_listing`, `device`, `localisation`, `known_truth`, `registration`, `audit_trail`.
"""
