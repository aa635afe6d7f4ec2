"""Sentences that must be read with the results: what a statistician would ask and the numbers alone do not say.

Owns when a caution or a notice of the results is due; the notices of tables are made where these are joined. Whether a
criterion is met is `criteria`, and nothing here changes that.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from protocols.schema.statistical_analysis import CERTIFIED, PATIENT
from protocols.tables.input_account import MOST_EXAMPLES, Notice
from validation.cohort.clusters import FEW_CLUSTERS
from validation.cohort.join import JoinedCohort
from validation.input_notices import many_not_processed
from validation.metrics.auroc import NO_SKILL
from validation.results.results import (
    OVERALL_AXIS,
    AnalysisVerdict,
    CriterionResult,
    Estimate,
    Resampling,
    Subgroup,
    Verdict,
)
from validation.results.secondary import Caution, Leakage, LeftOut
from validation.results.verdict_sensitivity import ReferenceUncertainty

LARGEST_SHARE = 0.1
LARGEST_DISAGREEMENT = 0.01
FEW_PATIENTS = 30
MAIN_METRICS = ("sensitivity", "specificity", "auroc")  # whose overall rows are looked at, criteria or not
CLUSTER = "bootstrap.cluster"
RANKED = ("auroc", "average_precision")
OPPOSITE = {"met": "not_met", "not_met": "met"}


def notices_of_results(
    cautions: Sequence[Caution],
    criteria: Sequence[CriterionResult],
    verdict: Verdict,
    estimates: Sequence[Estimate],
    beside: Mapping[str, AnalysisVerdict],
    left_out: Sequence[LeftOut],
    uncertain: ReferenceUncertainty,
    cohort: JoinedCohort,
    threshold: float,
) -> tuple[Notice, ...]:
    """Return all notices of a study's results.

    Args:
        cautions: as the results hold them; each is a notice too.
        criteria: as judged.
        verdict: of the study.
        estimates: of the primary analysis.
        beside: what the criteria would have said under each other analysis.
        left_out: the cohort without each site and each reader.
        uncertain: the cohort with the readers resampled.
        cohort: the images.
        threshold: locked.
    """
    ids = tuple(criterion.id for criterion in criteria)
    verdicts = {criterion.id: criterion.verdict for criterion in criteria}
    return (
        *(
            Notice(
                kind="caution",
                text=f"{caution.about}: {caution.text}.",
                criteria=(caution.about,) if caution.about in ids else (),
            )
            for caution in cautions
        ),
        *_of_chance(criteria, estimates),
        *_at_threshold(cohort, threshold, ids),
        *many_not_processed(cohort, ids),
        *_few_patients(criteria, estimates),
        *_short_of_coverage(criteria, estimates),
        *_other_verdicts(verdicts, verdict, beside),
        *_without_one(verdicts, left_out),
        *_with_other_readers(verdicts, uncertain),
    )


def cautions_of(
    criteria: Sequence[CriterionResult],
    overall: Sequence[Estimate],
    leakage: Leakage | None,
    looks_planned: int,
) -> tuple[Caution, ...]:
    """Return all cautions of a study.

    Args:
        criteria: as judged; a decision depends on chance where other resamples could move its bound far to the goal.
        overall: the estimates of the whole cohort; two methods that disagree say that neither is to be trusted alone.
        leakage: test images that trained or tuned the device make every number look better than it is.
        looks_planned: with more than one the deciding interval has a level of its own and is compared with no other.
    """
    return (
        *_seen_before(leakage),
        *_unsettled_bounds(criteria),
        *_disagreeing_intervals(overall, looks_planned),
    )


def _seen_before(leakage: Leakage | None) -> Iterator[Caution]:
    if leakage is not None and leakage.pictures:
        yield Caution(
            "leakage",
            f"{len(leakage.pictures)} of the {leakage.compared} analysed pictures are the same, or nearly the same, as "
            f"pictures that trained or tuned the device ({leakage.identical} identical, {leakage.near} near)",
        )


def caution_of_few_clusters(resampling: Resampling) -> Iterator[Caution]:
    """Yield a caution where clusters are groups of patients, and few."""
    if resampling.cluster != PATIENT and resampling.clusters < FEW_CLUSTERS:
        yield Caution(
            CLUSTER,
            f"every interval rests on {resampling.clusters} clusters ({resampling.cluster}), fewer than "
            f"{FEW_CLUSTERS}: the variance between so few is known badly, bootstrap intervals (percentile, bca) are "
            "too narrow, and the closed-form ones are wide",
        )


def _unsettled_bounds(criteria: Sequence[CriterionResult]) -> Iterator[Caution]:
    for criterion in criteria:
        if criterion.observed is None or not criterion.monte_carlo_error:
            continue
        if criterion.monte_carlo_error > LARGEST_SHARE * abs(criterion.observed - criterion.goal):
            yield Caution(
                criterion.id,
                "the Monte-Carlo error of its bound exceeds a tenth of the distance to the goal; raise the number of "
                "replicates in a new version of the protocol",
            )


def _disagreeing_intervals(overall: Sequence[Estimate], looks_planned: int) -> Iterator[Caution]:
    for estimate in overall:
        of_one_level = {
            name: interval
            for name, interval in estimate.intervals.items()
            if looks_planned == 1 or name != estimate.decision_interval
        }
        closed = of_one_level.get("delong_clustered")
        resampled = of_one_level.get("bca") or of_one_level.get("percentile")
        if closed is None or resampled is None:
            continue
        if max(abs(a - b) for a, b in zip(closed, resampled, strict=True)) > LARGEST_DISAGREEMENT:
            yield Caution(
                estimate.metric,
                "a bound of its bootstrap interval and of its DeLong interval differ by more than 0.01",
            )


def _of_chance(criteria: Sequence[CriterionResult], estimates: Sequence[Estimate]) -> Iterator[Notice]:
    area = next((one for one in estimates if one.metric == "auroc" and _is_overall(one.subgroup)), None)
    if area is None or area.decision is None or area.decision[0] > NO_SKILL:
        return
    low, high = area.decision
    value = f"The AUROC is {area.value:.3f} ({low:.3f} to {high:.3f})"
    if high < NO_SKILL:
        yield Notice(
            kind="auroc_below_chance",
            text=f"{value}, below 0.5: the higher the score, the rarer the finding; are these scores of the other "
            "class, or was another column mapped to score or verdict?",
            criteria=tuple(one.id for one in criteria),
        )
    else:
        yield Notice(
            kind="auroc_contains_chance",
            text=f"{value}, which does not exclude 0.5: nothing shows that the scores tell the classes apart; are they "
            "scores of this finding and of these images?",
            criteria=tuple(one.id for one in criteria if one.metric in RANKED),
        )


def _at_threshold(cohort: JoinedCohort, threshold: float, ids: tuple[str, ...]) -> Iterator[Notice]:
    close = np.float32(threshold) == cohort.score.astype(np.float32)
    rows = np.flatnonzero(cohort.analysed & close & (cohort.score != threshold))
    if len(rows):
        yield Notice(
            kind="scores_at_threshold",
            text=f"{len(rows)} {'score differs' if len(rows) == 1 else 'scores differ'} from the threshold "
            f"{threshold!r} by less than a number of 32 bits can tell, so that the call hangs on how numbers were "
            "written; state the threshold with the digits of the scores.",
            table="predictions",
            column="score",
            count=len(rows),
            examples=tuple(cohort.image_id[row] for row in rows[:MOST_EXAMPLES]),
            criteria=ids,
        )


def _few_patients(criteria: Sequence[CriterionResult], estimates: Sequence[Estimate]) -> Iterator[Notice]:
    judged = {(one.metric, one.subgroup) for one in criteria}
    few = {}
    for row in estimates:
        looked_at = row.metric in MAIN_METRICS and _is_overall(row.subgroup)
        fewest = min(row.patients_of_classes)
        if row.decision and fewest < FEW_PATIENTS and (looked_at or (row.metric, row.subgroup) in judged):
            few[row.metric, row.subgroup] = fewest
    if few:
        details = "; ".join(
            f"{metric}, {'all' if _is_overall(row) else f'{row.axis}={row.level}'}: {patients}"
            for (metric, row), patients in few.items()
        )
        yield Notice(
            kind="few_patients",
            text=f"Fewer than {FEW_PATIENTS} patients of a class stand behind an interval, so that it may miss the "
            f"truth more often than it says ({details}).",
            criteria=tuple(one.id for one in criteria if (one.metric, one.subgroup) in few),
        )


def _short_of_coverage(
    criteria: Sequence[CriterionResult], estimates: Sequence[Estimate]
) -> Iterator[Notice]:
    """Yield a notice where the protocol named an interval that misses its targets in the coverage certificate."""
    deciding = {(one.metric, one.subgroup): one.decision_interval for one in estimates}
    short = {
        criterion.id: name
        for criterion in criteria
        if criterion.bound != "estimate"
        and (name := deciding.get((criterion.metric, criterion.subgroup))) is not None
        and name not in CERTIFIED
    }
    if short:
        details = "; ".join(f"{about}: {name}" for about, name in short.items())
        yield Notice(
            kind="interval_short_of_coverage",
            text="An interval that misses its targets in simulated studies decides, as the protocol says "
            f"({details}); leave out the key of [decision] for the interval that meets them.",
            criteria=tuple(short),
        )


def _other_verdicts(
    verdicts: Mapping[str, str], overall: Verdict, beside: Mapping[str, AnalysisVerdict]
) -> Iterator[Notice]:
    for analysis, other in beside.items():
        differing = {name: word for name, word in other.verdicts.items() if verdicts.get(name) != word}
        if differing:
            details = "; ".join(
                f"{name} {_words(word)}, primary {_words(verdicts.get(name, 'not judged'))}"
                for name, word in differing.items()
            )
            yield Notice(
                kind="verdict_differs",
                text=f"Under {analysis} the verdict is {other.overall}, in the primary analysis {overall} ({details}).",
                criteria=tuple(differing),
            )


def _without_one(verdicts: Mapping[str, str], left_out: Sequence[LeftOut]) -> Iterator[Notice]:
    """Yield a notice for each kind of which leaving out one turns a criterion from met to not met, or back."""
    for kind in dict.fromkeys(one.kind for one in left_out):
        turned = {
            (f"{one.name}, ties excluded" if one.ties_excluded else one.name, name): word
            for one in left_out
            if one.kind == kind
            for name, word in one.verdicts.items()
            if word == OPPOSITE.get(verdicts.get(name, ""))
        }
        if turned:
            details = "; ".join(f"{name}: {about} {_words(word)}" for (name, about), word in turned.items())
            yield Notice(
                kind="verdict_hangs_on_one",
                text=f"Without one {kind} a criterion has another verdict ({details}).",
                count=len({name for name, _ in turned}),
                criteria=tuple(dict.fromkeys(about for _, about in turned)),
            )


def _with_other_readers(verdicts: Mapping[str, str], uncertain: ReferenceUncertainty) -> Iterator[Notice]:
    """Yield a notice where resampled readers turn a criterion from met to not met, or back."""
    turned = {
        name: word
        for name, word in uncertain.verdicts.items()
        if word == OPPOSITE.get(verdicts.get(name, ""))
    }
    if turned:
        details = "; ".join(f"{name} {_words(word)}" for name, word in turned.items())
        yield Notice(
            kind="verdict_hangs_on_readers",
            text=f"With the readers resampled together with the patients a criterion has another verdict ({details}).",
            criteria=tuple(turned),
        )


def _is_overall(row: Subgroup) -> bool:
    return row.axis == OVERALL_AXIS


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")
