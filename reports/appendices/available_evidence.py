"""Named predicates: which evidence a run contains, determined from the run and never declared.

Owns the names that checklists and the glossary use, and the description of what is missing where a predicate is false.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reports.content.context import ReportContext

EQUIPMENT = ("manufacturer", "site")


@dataclass(frozen=True, slots=True)
class Predicate:
    """A description of evidence, and whether a run has it."""

    description: str
    available: Callable[[ReportContext], bool]


def _estimated(metric: str) -> Callable[[ReportContext], bool]:
    return lambda c: c.whole.estimates[metric].value is not None


def _both_classes(c: ReportContext) -> bool:
    """Return whether determinate images of both classes exist; an indeterminate image has no class."""
    return c.results.cohort.positives > 0 and c.results.cohort.negatives > 0


def _intervals(c: ReportContext) -> bool:
    estimates = (c.whole.estimates[name] for name in ("sensitivity", "specificity"))
    return _both_classes(c) and all(estimate.decision is not None for estimate in estimates)


def _parts(c: ReportContext) -> set[str]:
    return {part for group in c.protocol.subgroups for part in group.parts}


def _no_leakage(c: ReportContext) -> bool:
    leakage = c.results.leakage
    return leakage is not None and leakage.compared > 0 and not leakage.identical and not leakage.near


def _locked(c: ReportContext) -> bool:
    return c.seal is not None and c.seal.locked


PREDICATES: Mapping[str, Predicate] = {
    "results": Predicate("results of a protocol", lambda c: bool(c.results.protocol.sha256)),
    "flow": Predicate("the flow of images", lambda c: bool(c.flow)),
    "source_named": Predicate(
        "the flow of the source that the cohort was made from",
        lambda c: any(step.step == "source" for step in c.results.flow),
    ),
    "cohort": Predicate("the number of images and patients", lambda c: c.results.cohort.images > 0),
    "real_images": Predicate("images of patients", lambda c: not c.results.cohort.synthetic),
    "trained_here": Predicate("the making of the device", lambda c: c.device is not None),
    "profile": Predicate("a profile of the data before training", lambda c: c.profile is not None),
    "age_and_sex": Predicate("subgroups by age and by sex", lambda c: {"age_years", "sex"} <= _parts(c)),
    "equipment": Predicate("subgroups by equipment or site", lambda c: bool(_parts(c) & set(EQUIPMENT))),
    "reference_standard": Predicate("a reference standard", lambda c: not c.words.agreement),
    "reader_agreement": Predicate("images read by several readers", lambda c: c.results.agreement.images > 0),
    "threshold_frozen": Predicate(
        "a threshold frozen by the model folder or a ledger",
        lambda c: c.results.operating_point.sha256 is not None or _locked(c),
    ),
    "sealed": Predicate("a ledger that counts the looks at the test set", lambda c: c.seal is not None),
    "locked": Predicate("a protocol that was registered before the look", _locked),
    "criteria": Predicate("criteria of acceptance", lambda c: bool(c.acceptance)),
    "missing_rules": Predicate("rules for what is missing", lambda c: bool(c.protocol.missing)),
    "missing_counted": Predicate("counts of what is missing", lambda c: bool(c.flow)),
    "leakage_none": Predicate("a comparison with the training pictures that found none alike", _no_leakage),
    "subgroups": Predicate("subgroups", lambda c: bool(c.axes)),
    "homogeneity": Predicate("tests of homogeneity", lambda c: bool(c.homogeneity)),
    "two_by_two": Predicate("calls of both classes", _both_classes),
    "scores_by_truth": Predicate("scores of both classes", lambda c: c.curve is not None),
    "intervals": Predicate("intervals of sensitivity and specificity", _intervals),
    "sensitivity": Predicate("an estimate of it", lambda c: c.results.cohort.positives > 0),
    "specificity": Predicate("an estimate of it", lambda c: c.results.cohort.negatives > 0),
    **{
        name: Predicate("an estimate of it", _estimated(name))
        for name in ("auroc", "ppv", "npv", "accuracy", "prevalence")
    },
    "calibration": Predicate(
        "an estimate of calibration", lambda c: c.results.calibration.slope.value is not None
    ),
    "net_benefit": Predicate("a decision curve", lambda c: bool(c.results.decision_curve)),
    "projections": Predicate("projections to other prevalences", lambda c: bool(c.results.projections)),
    "family": Predicate("a family of adjusted tests", lambda c: c.protocol.family is not None),
    "weights": Predicate("weights", lambda c: c.protocol.weights is not None),
    "analyses_beside": Predicate("analyses beside the primary one", lambda c: bool(c.analyses)),
    "latent": Predicate(
        "a fit of Dawid and Skene's model", lambda c: c.results.agreement.dawid_skene.prevalence is not None
    ),
    "perturbed": Predicate("tests on changed pictures", lambda c: c.robustness is not None),
    "localisation": Predicate(
        "marks held against boxes", lambda c: c.look is not None and c.look.result is not None
    ),
    "pictures": Predicate("pictures of errors", lambda c: c.look is not None and bool(c.look.illustrations)),
    "errors_listed": Predicate("a line listing", lambda c: bool(c.listing_csv)),
    "versions": Predicate("versions of the software", lambda c: bool(c.record.versions)),
    "synthetic": Predicate("synthetic images", lambda c: c.results.cohort.synthetic),
}
