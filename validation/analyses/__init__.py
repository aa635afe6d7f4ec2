"""Analyses beside the primary one.

In the order of reading: `sensitivity`, `extremes`, `leave_one_out`, `thresholds`, `calibration`, `recalibration`,
`decision_curve`, `prevalence_projection`, `localisation`, `robustness`.
"""
