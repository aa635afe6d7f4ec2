"""Lock before look: what was promised of a sealed test set, and every look at it."""
