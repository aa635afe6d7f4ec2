"""The words of a report, each with its meaning: metrics, intervals and terms that this run's report uses.

Owns the meanings of intervals and terms; those of metrics are `protocols.schema.metrics`, names are `vocabulary`, so
that a run without a reference standard is explained in words of agreement. A term that only some runs need names the
evidence that brings it. Source: docs/methods.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.schema.metrics import METRICS
from protocols.schema.statistical_analysis import PATIENT
from reports.appendices.available_evidence import PREDICATES
from reports.content.context import ReportContext
from reports.language.names import INTERVALS
from reports.language.vocabulary import Words


@dataclass(frozen=True, slots=True)
class Term:
    """A term and its meaning."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms by kind: metrics and intervals in the order of the tables, other terms in alphabetical order."""

    metrics: tuple[Term, ...]
    intervals: tuple[Term, ...]
    terms: tuple[Term, ...]


INTERVAL_MEANINGS: Mapping[str, str] = {
    "exact_clustered": "Clopper and Pearson's on the number of {units} that {clusters} as clusters are worth",
    "delong_newcombe": "the union of DeLong with Student's t and Newcombe's score interval on effective class sizes",
    "delong_student": "DeLong's variance summed by patient, on the logit scale, with Student's quantile",
    "delong_clustered": "DeLong's variance summed by patient, with the normal quantile",
    "jackknife_student": "from the values without each patient, on the logit scale, with Student's quantile",
    "wilson_patients": "Wilson's bound on the smaller number of patients, for an AUROC of 0 or 1",
    "bca": "of the bootstrap replicates, corrected for bias and skewness",
    "percentile": "the quantiles of the bootstrap replicates",
    "mover": "of a ratio or mean of two shares, from the intervals of both",
    "korn_graubard": "exact on the effective number as published, without allowing for patients not seen",
    "wilson_effective": "the score interval on the effective number",
    "clopper_pearson": "Clopper and Pearson's as if every image were independent; to compare with, it never decides",
}
TERMS: Mapping[str, str] = {
    "Bootstrap": "drawing patients again and again, each time as many as there are, to see how much a number varies",
    "Called positive": "with a score at or above the threshold",
    "Cluster": "{cluster} are alike and are drawn together",
    "Confidence interval": "the values of a quantity that the data do not speak against, at the level stated",
    "Criterion": "a bound or an estimate that the protocol holds against a goal; of acceptance it decides, of "
    "consistency it describes",
    "Deciding interval": "the one of several whose bound is held against a goal; the protocol names it",
    "Decision curve": "net benefit over thresholds: positive calls that are right, less those that are wrong at the "
    "price that the threshold sets",
    "Design effect": "how many times larger the variance is than with independent {units}",
    "Effective number": "how many independent {units} the clustered ones are worth",
    "Indeterminate": "a {truth} that the rule leaves undecided",
    "Insufficient": "of a row: fewer patients than the protocol's minimum, for AUROC by effective number, so that "
    "nothing is established",
    "Kappa, AC1, alpha": "agreement of readers beyond chance, each with its own idea of chance",
    "Latent class": "the truth that a model of readers' errors makes most probable",
    "Line listing": "the attached table with one line for every image of the studies",
    "Monte-Carlo error": "how far other draws of the bootstrap would move a bound",
    "Not processed": "without a score: the device failed or refused the image",
    "Operating point": "the threshold and how it came about",
    "Pointing game": "whether the place where the device's evidence is strongest lies in a reader's box",
    "Replicate": "one draw of the bootstrap",
    "Saliency": "which parts of a picture raise the score",
    "Stage": "of a protocol: exploratory where data, goal or threshold may have been looked at before; confirmatory "
    "where they are to be locked before the first look",
    "Threshold": "the score from which on the device calls an image positive",
    "Verdict": "pass, fail or inconclusive, over the criteria of acceptance",
    "Worst case": "counting what is missing as {error}",
    "Homogeneity": "of an axis: that its levels differ by no more than chance",
    "Holm's adjustment": "of p-values that belong together, so that one false alarm among them stays as rare as one",
    "Calibration": "whether a score of a tenth comes with a positive {truth} in a tenth of {units}",
    "Inverse weighting": "counting an image by how rarely its like was sampled",
    "Projection": "how often calls would be right, worked out for another share of positives",
    "Ledger": "the record that belongs to a test set: what was registered for it and frozen, and every look at it; "
    "each entry is bound to the one before by a hash",
    "Look": "one joining of scores with the {truth}s of a sealed test set; with whatever protocol, each is counted",
    "Sealed test set": "one for which a ledger holds a registered protocol",
    "Amendment": "a registered version of a protocol that replaces an earlier one, with a reason",
    "Phantom": "a synthetic radiograph whose truth is known because it was drawn",
    "Subgroup": "the {units} of one level of an axis, such as a sex or a bin of ages",
}
NEEDED: Mapping[str, str] = {
    "Kappa, AC1, alpha": "reader_agreement",
    "Latent class": "latent",
    "Decision curve": "net_benefit",
    "Pointing game": "localisation",
    "Saliency": "pictures",
    "Homogeneity": "homogeneity",
    "Holm's adjustment": "family",
    "Inverse weighting": "weights",
    "Projection": "projections",
    "Ledger": "sealed",
    "Look": "sealed",
    "Sealed test set": "sealed",
    "Amendment": "locked",
    "Phantom": "synthetic",
    "Subgroup": "subgroups",
}


def glossary_of(context: ReportContext) -> Glossary:
    """Return the terms that the report of a run uses."""
    words = context.words
    column = context.results.resampling.cluster
    given = _given(words) | {
        "clusters": "patients" if column == PATIENT else "groups of patients",
        "cluster": "a patient with all images: images of one patient"
        if column == PATIENT
        else f"all patients with the same {column}, with all images: they",
    }
    used = (name for name in TERMS if name not in NEEDED or PREDICATES[NEEDED[name]].available(context))
    standard = (
        Term("Text-mined labels", "made by a program from the text of reports; no reference standard")
        if words.agreement
        else Term("Reference standard", "the readers' verdicts on an image, made one by the protocol's rule")
    )
    terms = [standard, *(Term(name, TERMS[name].format(**given)) for name in used)]
    return Glossary(
        metrics=tuple(
            Term(words.metric(name), metric.meaning.format(**given)) for name, metric in METRICS.items()
        ),
        intervals=tuple(
            Term(name[:1].upper() + name[1:], INTERVAL_MEANINGS[key].format(**given))
            for key, name in INTERVALS.items()
        ),
        terms=tuple(sorted(terms, key=lambda term: term.name.casefold())),
    )


def _given(words: Words) -> dict[str, str]:
    return {
        "truth": words.truth.lower(),
        "units": words.units,
        "error": words.error,
        "se": words.within(words.metric("sensitivity")),
        "sp": words.within(words.metric("specificity")),
        "precision": words.within(words.precision),
        "recall": words.within(words.recall),
    }
