"""Names of fixed things: metrics in both vocabularies, verdicts, claims, kinds of truth, intervals, strata.

Owns the pairs of names; which vocabulary of metrics a run may use, and all that depends on a run, is `vocabulary`.
"""

VERDICTS = {"pass": "Pass", "fail": "Fail", "inconclusive": "Inconclusive", "none": "No criteria"}
CRITERION_VERDICTS = {"met": "met", "not_met": "not met", "inconclusive": "inconclusive"}
CLAIMS = {
    "triage": ("computer-aided triage", "21 CFR 892.2080"),
    "detection": ("computer-aided detection", "21 CFR 892.2070"),
    "detection_diagnosis": ("computer-aided detection and diagnosis", "21 CFR 892.2090"),
}
KINDS = {
    "consensus": "consensus of readers",
    "adjudicated": "readers with adjudication",
    "single_reader": "one reader an image",
    "text_mined": "labels mined from text",
}
LABEL_SOURCES = {
    "readers": "given by readers",
    "text_mined": "mined from the text of reports, no reference standard",
    "known_truth": "the known truth of synthetic images",
}
CALIBRATIONS = {"temperature": "temperature scaling", "platt": "Platt scaling"}
# Ways to point at a finding without seeing the image.
BASELINES = {
    "chance": "A point anywhere",
    "fixed_place": "Always the same point",
    "swapped": "Other patients' points",
}
# In the order of columns: what decides by default, then the bootstrap, then those for comparison.
INTERVALS = {
    "exact_clustered": "exact clustered",
    "delong_student": "DeLong with Student's t",
    "delong_newcombe": "DeLong and Newcombe",
    "delong_clustered": "DeLong clustered",
    "jackknife_student": "jackknife with Student's t",
    "wilson_patients": "Wilson on patients",
    "bca": "bootstrap BCa",
    "percentile": "bootstrap percentile",
    "mover": "MOVER",
    "korn_graubard": "Korn–Graubard",
    "wilson_effective": "Wilson, effective n",
    "clopper_pearson": "clustering ignored",
}
STRATA = {
    "positive_only": "with positive images only",
    "negative_only": "with negative images only",
    "both": "with both",
    "neither": "with neither",
}
