"""Command line, workflow of a study and terminal output: the only package that knows all four rooms.

In the order of reading: `main`, `app`, `options`, `exit_codes`, `commands`, `workflow`, `terminal`.
"""
