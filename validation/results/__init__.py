"""The types of results.json and of the robustness results: all that reports may import of this room."""
