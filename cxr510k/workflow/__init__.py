"""The order of a study, and its repetition."""
