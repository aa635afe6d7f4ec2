"""Command line, workflow of a study and terminal output: the only package that knows all four rooms."""
