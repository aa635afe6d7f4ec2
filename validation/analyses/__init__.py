"""Analyses beside the primary one.

In the order of reading: `sensitivity`, `best_and_worst_case`, `tipping_points`, `leave_one_out`, `site_variation`,
`thresholds`, `calibration`, `recalibration`, `decision_curve`, `prevalence_projection`, `localisation`, `robustness`.
"""
