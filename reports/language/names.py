"""Names of fixed things: metrics in both vocabularies, verdicts, claims, kinds of truth, intervals, strata.

Owns the pairs of names; which vocabulary of metrics a run may use, and all that depends on a run, is `vocabulary`.
"""

from collections.abc import Mapping

ACCURACY_METRICS: Mapping[str, str] = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "f1": "F1 score",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "lr_positive": "Positive likelihood ratio",
    "lr_negative": "Negative likelihood ratio",
    "prevalence": "Prevalence",
    "auroc": "AUROC",
    "average_precision": "Average precision",
    "brier": "Brier score",
}
AGREEMENT_METRICS: Mapping[str, str] = {
    "sensitivity": "Positive per cent agreement",
    "specificity": "Negative per cent agreement",
    "f1": "F1 (Dice agreement)",
    "ppv": "Agreement among positive calls",
    "npv": "Agreement among negative calls",
    "accuracy": "Overall per cent agreement",
    "balanced_accuracy": "Mean of both agreements",
    "lr_positive": "Ratio of positive calls",
    "lr_negative": "Ratio of negative calls",
    "prevalence": "Share of positive labels",
    "auroc": "AUROC against the labels",
    "average_precision": "Average precision against the labels",
    "brier": "Brier score against the labels",
}
COLUMN_HEADS: Mapping[str, str] = {"ppv": "PPV", "npv": "NPV", "f1": "F1"}
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
    "delong_clustered": "DeLong clustered",
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
