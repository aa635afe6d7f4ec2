"""The machine and the installed packages of a run, and what to install to repeat it."""
