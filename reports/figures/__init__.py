"""The figures: each is its data, its drawing and its description."""
