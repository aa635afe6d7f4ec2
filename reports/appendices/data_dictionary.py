"""Data dictionary of the attached files: the columns of line_listing.csv and the keys of results.json.

Owns the descriptions. The files themselves are `validation.cohort.line_listing` and `validation.results.results`; a
test keeps all three consistent. docs/reference/results.md describes results.json in full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.content.estimate_rows import AxisRows
from reports.language.vocabulary import Words


@dataclass(frozen=True, slots=True)
class DictionaryEntry:
    """A column or a key and what it holds."""

    name: str
    content: str


def listing_columns(axes: Sequence[AxisRows], words: Words) -> tuple[DictionaryEntry, ...]:
    """Describe the columns of line_listing.csv in their order."""
    truth, outcomes = words.truth.lower(), words.outcomes
    cells = ", ".join(f"{short} {name}" for short, name in outcomes.items())
    return (
        DictionaryEntry("image_id", "the image, as in the studies table; the lines are sorted by it"),
        DictionaryEntry("patient_id", "the patient, as in the studies table"),
        DictionaryEntry(
            "reference",
            f"the {truth} of the image: positive, negative or indeterminate; empty where it was not read",
        ),
        DictionaryEntry(
            "score", "of the device, with all its digits; empty where the image was not processed"
        ),
        DictionaryEntry(
            "called",
            "positive when the score reaches the threshold, otherwise negative; empty without a score",
        ),
        DictionaryEntry(
            "outcome",
            f"{cells}; what is missing counts by the protocol's rules or, where those exclude it, at worst",
        ),
        DictionaryEntry(
            "step", "of the flow at which the image stands; analysed for those behind every number"
        ),
        *(DictionaryEntry(axis.name, f"the level of {words.within(words.axis(axis.name))}") for axis in axes),
    )


def results_keys(words: Words) -> tuple[DictionaryEntry, ...]:
    """Describe the keys of results.json in their order."""
    truth = words.truth.lower()
    contents: Mapping[str, str] = {
        "agreement": "of readers: per cent, chance-corrected coefficients, tendencies, patterns, the latent class",
        "analysis": "the unit that counts once, and the rules for what is missing",
        "calibration": "whether scores can be read as probabilities: line, bins, parts of the Brier score",
        "cautions": "what must be read with a number, and of which",
        "cohort": "the analysed images: numbers, prevalence, images of each patient, what is unknown",
        "criteria": "each with the bound or estimate observed, its goal and its verdict",
        "decision_curve": "net benefit by threshold, and of calling everyone",
        "estimates": "every metric of every subgroup: value, counts, all intervals, the one that decides, status",
        "flow": "images and patients at each step from the source to the analysis",
        "homogeneity": "tests of differences between the levels of an axis, and the largest gap",
        "input_account": "what became of the rows of each table, and what a reader must know of inputs and results",
        "inputs": "SHA-256 of each table, of its bytes and of its content",
        "leakage": "test pictures that are also pictures of training; null where nobody compared",
        "leave_one_out": "estimates without each site and without each reader",
        "localisation": "whether the device points at the readers' boxes; null without boxes or marks",
        "looks": "how many looks at the test set were planned, the alpha of each, and the level of what decides",
        "operating_point": "the threshold, its rule and its source",
        "precision_recall": f"{words.within(words.precision)} at the thresholds that reach given levels of "
        f"{words.within(words.recall)}",
        "projections": "how often calls would be right at other shares of positives, where the protocol names them",
        "protocol": "id, version, stage and SHA-256 of the plan",
        "reference_standard": f"kind and rule of the {truth}, its readers, and which words may be used of it",
        "reference_uncertainty": f"intervals with readers and patients resampled, so that the {truth} is formed anew",
        "resampling": "of patients: number, strata, replicates, confidence, seed, and SHA-256 of all draws",
        "schema": "the name and version of this form",
        "sensitivity_analyses": "the estimates of the whole cohort, analysed otherwise",
        "sensitivity_exclusions": "which images the protocol's own analyses leave out",
        "sensitivity_verdicts": "what the criteria would have said under each of these analyses",
        "site_variation": "the estimates with sites as clusters, and how much they vary between sites",
        "threshold_sensitivity": "estimates at neighbouring thresholds",
        "tipping_points": "how many unresolved units must count otherwise before a criterion changes",
        "verdict": "pass, fail, inconclusive, or none without acceptance criteria",
    }
    return tuple(DictionaryEntry(name, content) for name, content in contents.items())
