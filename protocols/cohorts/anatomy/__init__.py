"""The simulated body: a person drawn by age and sex, and how much of each tissue a ray crosses.

`radiograph` makes a picture of it. Nothing here knows of cohorts, files or readers.
"""
