"""Shapes of a synthetic chest.

In the order of reading: `person`, `trunk`, `skeleton`, `lungs`, `opacity`, `attachments`, `shapes`.
"""
