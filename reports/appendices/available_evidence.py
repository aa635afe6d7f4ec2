"""What the evidence of a run holds, by name: each a question that is answered by looking, never by declaring.

Owns the names that checklists and the glossary use, and what is missing where the answer is no.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reports.content.context import ReportContext

EQUIPMENT = ("manufacturer", "site")


@dataclass(frozen=True, slots=True)
class Holding:
    """Something that evidence may hold: what it is, and how to see whether it does."""

    what: str
    held: Callable[[ReportContext], bool]


def _estimated(metric: str) -> Callable[[ReportContext], bool]:
    return lambda c: c.whole.estimates[metric].value is not None


def _both_classes(c: ReportContext) -> bool:
    """Determinate ones: what an indeterminate image counts as is no class."""
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


HOLDINGS: Mapping[str, Holding] = {
    "results": Holding("results of a protocol", lambda c: bool(c.results.protocol.sha256)),
    "flow": Holding("the flow of images", lambda c: bool(c.flow)),
    "source_named": Holding(
        "the flow of the source that the cohort was made from",
        lambda c: any(step.step == "source" for step in c.results.flow),
    ),
    "cohort": Holding("the number of images and patients", lambda c: c.results.cohort.images > 0),
    "real_images": Holding("images of patients", lambda c: not c.results.cohort.synthetic),
    "trained_here": Holding("the making of the device", lambda c: c.device is not None),
    "profile": Holding("a profile of the data before training", lambda c: c.profile is not None),
    "age_and_sex": Holding("subgroups by age and by sex", lambda c: {"age_years", "sex"} <= _parts(c)),
    "equipment": Holding("subgroups by equipment or site", lambda c: bool(_parts(c) & set(EQUIPMENT))),
    "reference_standard": Holding("a reference standard", lambda c: not c.words.agreement),
    "reader_agreement": Holding("images read by several readers", lambda c: c.results.agreement.images > 0),
    "threshold_frozen": Holding(
        "a threshold frozen by the model folder or a ledger",
        lambda c: c.results.operating_point.sha256 is not None or _locked(c),
    ),
    "sealed": Holding("a ledger that counts the looks at the test set", lambda c: c.seal is not None),
    "locked": Holding("a protocol that was registered before the look", _locked),
    "criteria": Holding("criteria of acceptance", lambda c: bool(c.acceptance)),
    "missing_rules": Holding("rules for what is missing", lambda c: bool(c.protocol.missing)),
    "missing_counted": Holding("counts of what is missing", lambda c: bool(c.flow)),
    "leakage_none": Holding("a comparison with the training pictures that found none alike", _no_leakage),
    "subgroups": Holding("subgroups", lambda c: bool(c.axes)),
    "homogeneity": Holding("tests of homogeneity", lambda c: bool(c.homogeneity)),
    "two_by_two": Holding("calls of both classes", _both_classes),
    "scores_by_truth": Holding("scores of both classes", lambda c: c.curve is not None),
    "intervals": Holding("intervals of sensitivity and specificity", _intervals),
    "sensitivity": Holding("an estimate of it", lambda c: c.results.cohort.positives > 0),
    "specificity": Holding("an estimate of it", lambda c: c.results.cohort.negatives > 0),
    **{
        name: Holding("an estimate of it", _estimated(name))
        for name in ("auroc", "ppv", "npv", "accuracy", "prevalence")
    },
    "calibration": Holding(
        "an estimate of calibration", lambda c: c.results.calibration.slope.value is not None
    ),
    "net_benefit": Holding("a decision curve", lambda c: bool(c.results.decision_curve)),
    "projections": Holding("projections to other prevalences", lambda c: bool(c.results.projections)),
    "family": Holding("a family of adjusted tests", lambda c: c.protocol.family is not None),
    "weights": Holding("weights", lambda c: c.protocol.weights is not None),
    "analyses_beside": Holding("analyses beside the primary one", lambda c: bool(c.analyses)),
    "latent": Holding(
        "a fit of Dawid and Skene's model",
        lambda c: c.results.agreement.dawid_skene.prevalence is not None,
    ),
    "perturbed": Holding("tests on changed pictures", lambda c: c.robustness is not None),
    "localisation": Holding(
        "marks held against boxes", lambda c: c.look is not None and c.look.result is not None
    ),
    "pictures": Holding("pictures of errors", lambda c: c.look is not None and bool(c.look.illustrations)),
    "errors_listed": Holding("a line listing", lambda c: bool(c.listing_csv)),
    "versions": Holding("versions of the software", lambda c: bool(c.record.versions)),
    "synthetic": Holding("synthetic images", lambda c: c.results.cohort.synthetic),
}
