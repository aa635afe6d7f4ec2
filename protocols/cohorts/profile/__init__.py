"""The profile of a cohort before training: counts, grey levels, sample images, and remarks."""
