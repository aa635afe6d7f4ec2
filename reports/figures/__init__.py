"""The figures: each is its data, its drawing and its description.

In the order of reading: `canvas`, `axes`, `workflow`, `forest`, `forest_data`, `heat_map`, `two_by_two`,
`roc_and_training`, `tuning`, `scores`, `curves`, `thresholds`, `prevalence`, `perturbations`, `reader_pairs`,
`profile`, `pyramids`, `findings`, `overlap`.
"""
