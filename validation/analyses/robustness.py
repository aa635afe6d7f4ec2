"""Robustness: effects of perturbed images on sensitivity, specificity, AUROC and decisions, on the run's replicates.

Owns the differences, the flips and the rules of the cautions. The scores are the device's
(`protocols.tables.perturbation_scores`). Every perturbation is compared with the same images unchanged, paired by
patient in the same replicates. Nothing here decides: no criterion can name it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.errors import EvidenceDiffersError
from protocols.progress import Progress
from protocols.schema.load import load_protocol
from protocols.schema.metrics import SCORE_TOLERANCE
from protocols.schema.protocol import Protocol
from protocols.storage.canonical import FITTED_PLACES, rounded, sha256_bytes, sha256_file
from protocols.storage.run_folder import RunFolder
from protocols.tables.perturbation_scores import (
    REPEATED,
    UNCHANGED,
    PerturbationFolder,
    PerturbationItem,
    PerturbationScores,
)
from validation.cohort.inputs import input_files, read_records
from validation.cohort.join import JoinedCohort, join
from validation.cohort.operating_point import operating_point
from validation.cohort.outcomes import ResampledPatients, Sample, resampled_patients, sample_of
from validation.estimates.estimates import estimates_of
from validation.estimates.replication import Replicates, replicate
from validation.intervals.bootstrap import NoInterval, percentile_interval
from validation.intervals.proportions import clustered_proportion, exact_clustered
from validation.metrics.auroc import NO_SKILL, auroc, placements
from validation.metrics.counts import COUNT_METRICS, confusion
from validation.readers.consensus import reference_verdicts
from validation.results.results import WHOLE, Estimate, results_from_json
from validation.results.robustness_results import (
    CHANGED_METRICS,
    BaseMetric,
    ChangedMetric,
    Flips,
    MetricChange,
    Perturbed,
    Repeatability,
    RobustnessIdentities,
    RobustnessResults,
    SharedResamples,
)
from validation.results.secondary import Caution, Measured

SAME_ON_EVERY_DRAW = "the same on every draw"


@dataclass(frozen=True, slots=True)
class Rescored:
    """The cohort under one item: its scores, its sample and its replicates."""

    cohort: JoinedCohort
    sample: Sample
    replicates: Replicates

    def value(self, metric: str) -> float:
        """Return AUROC or a metric of counts, NaN where undefined."""
        if metric == "auroc":
            return auroc(placements(self.sample.ranked))
        return float(COUNT_METRICS[metric].value(confusion(self.sample.counts.sum(axis=0))))


def robustness(run: RunFolder, folder: PerturbationFolder, progress: Progress) -> RobustnessResults:
    """Measure a robustness test on the tables, the threshold and the resamples of its run.

    Args:
        run: with results.json.
        folder: with the two tables of the perturbation set.
        progress: called as patients are resampled.

    Raises:
        BadInputError: a table is missing or invalid.
        EvidenceDiffersError: the scores are of other images, another device or other resamples than the run's results.
    """
    protocol = load_protocol(run.protocol).protocol
    files = input_files(run, protocol)
    records = read_records(files, protocol)
    results_json = run.results.read_bytes()
    results = results_from_json(results_json, source=str(run.results))
    threshold = operating_point(protocol.operating_point, files.operating_point).threshold
    reference = reference_verdicts(records.reads, protocol.reference_standard.rule)
    cohort = join(
        records,
        reference,
        threshold=threshold,
        missing=protocol.missing,
        cluster=protocol.bootstrap.group_column,
    )
    battery = folder.read()
    moved = _moved_from_predictions(battery, cohort, folder)
    drawn = resampled_patients(cohort, cohort.analysed, protocol.bootstrap.strata)
    cohorts = [_rescored(cohort, battery.image_id, scores, threshold) for scores in battery.score]
    samples = [_sample(one, drawn, protocol) for one in cohorts]
    replication = replicate(samples, protocol.bootstrap, progress)
    if replication.draws_sha256 != results.resampling.draws_sha256:
        raise EvidenceDiffersError(
            f"{run.results}: was made from other resamples of patients than this robustness test would take; "
            "validate again, then run `robustness`."
        )
    unchanged, _, *others = (
        Rescored(*one) for one in zip(cohorts, samples, replication.replicates, strict=True)
    )
    base = _estimates(unchanged, protocol)
    perturbed = tuple(
        _perturbed(item, other, unchanged, protocol)
        for item, other in zip(battery.items[2:], others, strict=True)
    )
    repeatability = _repeatability(battery, threshold)
    return RobustnessResults(
        identities=RobustnessIdentities(
            results_sha256=sha256_bytes(results_json),
            predictions_sha256=results.inputs.predictions.file_sha256,
            perturbations_sha256=sha256_file(folder.items),
            scores_sha256=sha256_file(folder.scores),
        ),
        resampling=SharedResamples(
            replicates=protocol.bootstrap.replicates,
            confidence_level=protocol.bootstrap.confidence_level,
            seed=protocol.bootstrap.seed,
            draws_sha256=replication.draws_sha256,
        ),
        threshold=threshold,
        images=len(battery.image_id),
        largest_from_predictions=moved,
        repeatability=repeatability,
        unchanged=tuple(BaseMetric(name, _measured(base[name])) for name in CHANGED_METRICS),
        perturbed=perturbed,
        cautions=tuple(_cautions(repeatability, _measured(base["auroc"]), perturbed)),
    )


def _moved_from_predictions(
    battery: PerturbationScores, cohort: JoinedCohort, folder: PerturbationFolder
) -> float:
    """Return the largest difference of the unchanged scores from the run's predictions; refuse another device."""
    tested = [
        step != "not_test_split" and not math.isnan(score)
        for step, score in zip(cohort.step, cohort.score, strict=True)
    ]
    predicted = {
        image: float(score)
        for image, score, here in zip(cohort.image_id, cohort.score, tested, strict=True)
        if here
    }
    if set(predicted) != set(battery.image_id):
        raise EvidenceDiffersError(
            f"{folder.scores}: has scores of {len(battery.image_id)} images and the run's predictions of "
            f"{len(predicted)} test images, not of the same; run `robustness` again."
        )
    unchanged = battery.score[0]
    distance = max(
        (
            math.inf if math.isnan(score) else abs(float(score) - predicted[image])
            for image, score in zip(battery.image_id, unchanged, strict=True)
        ),
        default=0.0,
    )
    if round(distance, 9) > SCORE_TOLERANCE:
        raise EvidenceDiffersError(
            f"{folder.scores}: an unchanged image's score is {distance:.2g} from the run's prediction, more than "
            f"{SCORE_TOLERANCE:g}; this is another device or other images: run `robustness` again."
        )
    return rounded(distance, FITTED_PLACES)


def _rescored(
    cohort: JoinedCohort, image_id: Sequence[str], scores: NDArray[np.float64], threshold: float
) -> JoinedCohort:
    """Return the same analysed images with other scores."""
    row_of = {image: row for row, image in enumerate(cohort.image_id)}
    score = np.full(len(cohort.image_id), np.nan)
    score[[row_of[image] for image in image_id]] = scores
    return replace(cohort, score=score, called=score >= threshold)  # False where NaN


def _sample(cohort: JoinedCohort, drawn: ResampledPatients, protocol: Protocol) -> Sample:
    return sample_of(cohort, cohort.analysed, drawn, unit=protocol.analysis.unit)


def _perturbed(item: PerturbationItem, other: Rescored, unchanged: Rescored, protocol: Protocol) -> Perturbed:
    level = protocol.bootstrap.confidence_level
    estimates = _estimates(other, protocol)
    score = other.cohort.score[other.cohort.analysed]
    changes = np.abs(score - unchanged.cohort.score[other.cohort.analysed])
    changes, score = changes[~np.isnan(changes)], score[~np.isnan(score)]
    return Perturbed(
        id=item.id,
        family=item.family,
        withholds=item.withholds,
        name=item.name,
        does=item.does,
        mean_change=rounded(math.fsum(changes) / len(changes), FITTED_PLACES) if len(changes) else None,
        largest_change=rounded(float(changes.max()), FITTED_PLACES) if len(changes) else None,
        lowest_score=float(score.min()) if len(score) else None,
        highest_score=float(score.max()) if len(score) else None,
        flips=_flips(other, unchanged, level),
        changes=tuple(
            MetricChange(name, _measured(estimates[name]), _difference(name, other, unchanged, level))
            for name in CHANGED_METRICS
        ),
    )


def _flips(other: Rescored, unchanged: Rescored, level: float) -> Flips:
    """Count changed decisions per image, whatever the unit of analysis, of any reference."""
    both = unchanged.sample.images.processed & other.sample.images.processed
    cluster = unchanged.sample.images.cluster[both]
    before, after = unchanged.sample.images.called[both], other.sample.images.called[both]
    size = unchanged.sample.drawn.count
    flipped = np.bincount(cluster, weights=before != after, minlength=size).astype(np.float64)
    images = np.bincount(cluster, minlength=size).astype(np.float64)
    if not both.any():
        measured = Measured(None, None, "not estimable: no image has both scores")
    else:
        flips = clustered_proportion(flipped, images, level, grouped=unchanged.sample.drawn.grouped)
        low, high = exact_clustered(flips, level)
        measured = Measured(rounded(flips.proportion), (rounded(low), rounded(high)))
    return Flips(
        images=int(both.sum()),
        to_negative=int((before & ~after).sum()),
        to_positive=int((~before & after).sum()),
        share=measured,
    )


def _difference(metric: ChangedMetric, other: Rescored, unchanged: Rescored, level: float) -> Measured:
    """Compute the difference of a metric, with the percentile interval of the paired differences."""
    difference = other.value(metric) - unchanged.value(metric)
    if math.isnan(difference):
        return Measured(None, None, "not estimable: a class that it needs is missing")
    resampled = other.replicates.of(metric) - unchanged.replicates.of(metric)
    interval = percentile_interval(difference, resampled, level)
    value = rounded(difference)
    if isinstance(interval, NoInterval):
        same = value == 0 and not np.any(resampled[~np.isnan(resampled)])
        return Measured(value, None, SAME_ON_EVERY_DRAW if same else interval.reason)
    low, high = (rounded(bound) for bound in interval.bounds)
    return Measured(value, (low, high)) if low < high else Measured(value, None, "zero width")


def _estimates(rescored: Rescored, protocol: Protocol) -> dict[str, Estimate]:
    found = estimates_of(rescored.sample, rescored.replicates, WHOLE, protocol)
    return {estimate.metric: estimate for estimate in found if estimate.metric in CHANGED_METRICS}


def _measured(estimate: Estimate) -> Measured:
    """Return a value with the interval that decides in the run, or a note where there is none."""
    if estimate.value is None:
        return Measured(None, None, "not estimable: a class that it needs is missing")
    if estimate.decision is None:
        return Measured(
            estimate.value, None, next(iter(estimate.interval_notes.values()), "no interval applies")
        )
    return Measured(estimate.value, estimate.decision)


def _repeatability(battery: PerturbationScores, threshold: float) -> Repeatability:
    names = [item.id for item in battery.items]
    first, second = battery.score[names.index(UNCHANGED)], battery.score[names.index(REPEATED)]
    # NaN differs from every score, NaN included; it was refused before for unchanged images.
    differing = first != second
    distance = np.abs(first - second)
    return Repeatability(
        images=len(first),
        scores_differing=int(differing.sum()),
        decisions_differing=int(((first >= threshold) != (second >= threshold)).sum()),
        largest_difference=rounded(float(np.nanmax(distance, initial=0.0)), FITTED_PLACES),
    )


def _cautions(
    repeatability: Repeatability, base: Measured, perturbed: Sequence[Perturbed]
) -> Iterator[Caution]:
    """Yield cautions by stated rules, on the numbers as written.

    The same image has another score; without lungs the AUROC's lower bound is above 0.5; hiding lungs does not change
    the AUROC, or hiding markers does. The last two only where the unchanged AUROC's own lower bound is above 0.5,
    since a device without discrimination cannot lose any.
    """
    if repeatability.scores_differing:
        yield Caution(
            REPEATED,
            f"{repeatability.scores_differing} of {repeatability.images} pictures had another score when scored again",
        )
    separates = base.interval is not None and base.interval[0] > NO_SKILL
    for item in perturbed:
        change = item.change("auroc")
        value, difference = change.value, change.difference
        if item.withholds in ("lungs", "everything") and value.interval and value.interval[0] > NO_SKILL:
            yield Caution(
                item.id,
                "the lower bound of AUROC is above 0.5 although the lungs are hidden: part of the answer comes from "
                "elsewhere, or from disease that the fixed mask leaves in sight",
            )
        if not separates:
            continue
        if item.withholds == "lungs" and not _excludes_zero(difference):
            yield Caution(item.id, "hiding the lungs does not demonstrably change the AUROC")
        if item.withholds == "markers" and _excludes_zero(difference):
            yield Caution(item.id, "the AUROC depends on the corners, where markers and burnt-in text stand")


def _excludes_zero(difference: Measured) -> bool:
    return difference.interval is not None and not difference.interval[0] <= 0 <= difference.interval[1]
