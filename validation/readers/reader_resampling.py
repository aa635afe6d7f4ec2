"""Uncertainty of the reference standard: readers resampled together with patients.

Every replicate resamples the patients as the primary analysis does, replicate by replicate, and the readers with
replacement; the resampled panel forms the reference anew by the protocol's rule. Owns the panels and their intervals.
The rules are `consensus`, the metrics of a reference `outcomes`, `counts` and `auroc`. It decides nothing.
Source: docs/methods/reference-uncertainty.md.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.progress import Progress
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import Bootstrap
from protocols.storage.canonical import PLACES, rounded
from protocols.tables.records import Reads
from validation.cohort.join import INDETERMINATE, TRUTH_CODES, JoinedCohort
from validation.cohort.outcomes import (
    ResampledPatients,
    Unit,
    Units,
    by_patient,
    counts_by_cluster,
    images_of,
    in_order,
    incomplete_units,
    outcome,
)
from validation.criteria import bound_of, compared
from validation.estimates.estimates import UNDEFINED_SHARE
from validation.intervals.bootstrap import READERS, draw, quantile, resample_chunks
from validation.metrics.auroc import resampled_auroc
from validation.metrics.counts import COUNT_METRICS, confusion
from validation.readers.consensus import INDETERMINATE as UNDECIDED
from validation.readers.consensus import WORDS, adjudicator_of, by_rule
from validation.readers.rating_arrays import CATEGORIES, Votes, votes_of
from validation.results.results import OVERALL_AXIS, Estimate
from validation.results.secondary import CriterionVerdict
from validation.results.verdict_sensitivity import ReaderResampledMetric, ReferenceUncertainty

METRICS_RESAMPLED = ("sensitivity", "specificity", "f1", "prevalence", "auroc")
MOST_REPLICATES = 2_000  # the first of the protocol's
TRUTH_OF_WORD = np.array([TRUTH_CODES[word] for word in WORDS], dtype=np.int8)


def reference_uncertainty(
    cohort: JoinedCohort,
    reads: Reads,
    drawn: ResampledPatients,
    estimates: Sequence[Estimate],
    protocol: Protocol,
    progress: Progress,
) -> ReferenceUncertainty:
    """Return percentile intervals of replicates that resample readers and patients.

    Args:
        cohort: all images with the reference of the primary analysis.
        reads: of all images.
        drawn: the patients that the primary analysis resamples.
        estimates: of the whole cohort in the primary analysis.
        protocol: the plan.
        progress: called after each chunk of replicates.
    """
    panel = _panel_of(cohort, reads, drawn, protocol)
    if isinstance(panel, str):
        return ReferenceUncertainty(note=panel, verdicts={})
    bootstrap = protocol.bootstrap.model_copy(
        update={"replicates": min(MOST_REPLICATES, protocol.bootstrap.replicates)}
    )
    places = np.stack(
        [
            draw(bootstrap.seed, one, [len(panel.votes.readers)], READERS)
            for one in range(bootstrap.replicates)
        ]
    )
    panels, panel_of = np.unique(_times(places), axis=0, return_inverse=True)
    values = _replicates(panel, panels, panel_of.ravel(), bootstrap, progress)
    level, by_metric = bootstrap.confidence_level, {estimate.metric: estimate for estimate in estimates}
    metrics = {name: _interval(by_metric[name], values[name], level) for name in METRICS_RESAMPLED}
    return ReferenceUncertainty(
        readers=panel.votes.readers,
        adjudicator=adjudicator_of(protocol.reference_standard.rule),
        replicates=bootstrap.replicates,
        panels=len(panels),
        panels_sha256=hashlib.sha256(places.astype("<u4").tobytes()).hexdigest(),
        metrics=tuple(metrics.values()),
        verdicts=_verdicts(metrics, by_metric, protocol),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """The reads of the images that may be analysed, and how a panel of readers judges them.

    Attributes:
        cohort: all images.
        rows: the images that may be analysed by rising score, positions in the cohort, shape (images,).
        votes: their reads without those of the adjudicator.
        adjudicated: the adjudicator's verdict on each, shape (images,); -1 without one.
        rule: that combines verdicts.
        excludes: whether images with an indeterminate reference are excluded.
        drawn: the patients that are resampled.
        unit: the unit of analysis.
    """

    cohort: JoinedCohort
    rows: NDArray[np.intp]
    votes: Votes
    adjudicated: NDArray[np.int64]
    rule: str
    excludes: bool
    drawn: ResampledPatients
    unit: Unit

    def judge(self, times: NDArray[np.intp]) -> tuple[NDArray[np.float64], Units]:
        """Return TP, FP, FN and TN by cluster, shape (clusters, 4), and the ranked units, judged by a panel.

        Args:
            times: how many times each reader was resampled, shape (readers,).
        """
        votes, categories = self.votes, np.array([CATEGORIES.index(one) for one in self.votes.categories])
        width, size = len(WORDS), len(self.rows)
        cells = votes.image * width + categories[votes.category]
        counts = np.bincount(cells, times[votes.reader], size * width).reshape(size, width).astype(np.int64)
        last = np.where(self.adjudicated < 0, UNDECIDED, self.adjudicated)
        truth = TRUTH_OF_WORD[by_rule(counts, self.rule, last)]
        enters = (counts.any(axis=1) | (self.adjudicated >= 0)) & ~(self.excludes & (truth == INDETERMINATE))
        rows = self.rows[enters]
        images = replace(images_of(self.cohort, rows, self.drawn), truth=truth[enters])
        units = images if self.unit == "image" else by_patient(images)
        ranked = in_order(units, incomplete_units(units, images))
        by_cluster = counts_by_cluster(units, outcome(units), self.drawn.count)
        return by_cluster, ranked.at(units.truth != INDETERMINATE)


def _panel_of(
    cohort: JoinedCohort, reads: Reads, drawn: ResampledPatients, protocol: Protocol
) -> _Panel | str:
    """Return the panel, or why readers cannot be resampled."""
    standard, missing = protocol.reference_standard, protocol.missing
    if standard.kind not in ("consensus", "adjudicated"):
        return f"the reference standard is of kind {standard.kind}, without a panel of readers"
    candidates = cohort.eligible & (drawn.index >= 0)
    if missing.not_processed == "exclude":
        candidates &= ~np.isnan(cohort.score)
    rows = np.flatnonzero(candidates)
    rows = rows[np.argsort(cohort.score[rows], kind="stable")]  # so that no panel has much to sort
    ids = [cohort.image_id[row] for row in rows]
    adjudicator = adjudicator_of(standard.rule)
    votes = votes_of(reads.without(adjudicator) if adjudicator else reads, ids)
    beside = f" beside the adjudicator {adjudicator}" if adjudicator else ""
    if len(votes.readers) < 2:
        return f"one reader{beside}: {votes.readers[0]}" if votes.readers else f"no reader{beside}"
    if votes.counts_by_image().sum(axis=1).max() < 2:
        return f"no image was read by two readers{beside}"
    adjudicated = np.full(len(rows), -1, dtype=np.int64)
    if adjudicator:
        last = votes_of(reads, ids)
        own = last.reader == (last.readers.index(adjudicator) if adjudicator in last.readers else -1)
        words = np.array([CATEGORIES.index(category) for category in last.categories])
        adjudicated[last.image[own]] = words[last.category[own]]
    excludes = missing.indeterminate == "exclude"
    return _Panel(cohort, rows, votes, adjudicated, standard.rule, excludes, drawn, protocol.analysis.unit)


def _times(places: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Count how many times each reader was resampled, shape (replicates, readers)."""
    replicates, readers = places.shape
    flat = np.arange(replicates)[:, np.newaxis] * readers + places
    return np.bincount(flat.ravel(), minlength=replicates * readers).reshape(replicates, readers)


def _replicates(
    panel: _Panel,
    panels: NDArray[np.intp],
    panel_of: NDArray[np.intp],
    bootstrap: Bootstrap,
    progress: Progress,
) -> Mapping[str, NDArray[np.float64]]:
    """Return each metric in every replicate, shape (replicates,), NaN where undefined.

    In each chunk the reference is formed once per distinct panel, and its replicates are computed together.
    """
    drawn = panel.drawn
    counts, areas = np.zeros((bootstrap.replicates, 4)), np.full(bootstrap.replicates, np.nan)
    strata = list(drawn.strata.values()) if drawn.strata else None
    progress("readers", 0, bootstrap.replicates)
    for chunk in resample_chunks(bootstrap.seed, bootstrap.replicates, drawn.count, strata):
        end = chunk.start + chunk.weights.shape[1]
        here = panel_of[chunk.start : end]
        for number in np.unique(here):
            columns = np.flatnonzero(here == number)
            weights = chunk.weights[:, columns]
            by_cluster_counts, ranked = panel.judge(panels[number])
            # Whole numbers below 2**53 in float64: exact in any order of addition.
            counts[chunk.start + columns] = weights.T.astype(np.float64) @ by_cluster_counts
            areas[chunk.start + columns] = resampled_auroc(ranked, weights)
        progress("readers", end, bootstrap.replicates)
    of_counts = confusion(counts)
    return {
        name: areas if name == "auroc" else COUNT_METRICS[name].value(of_counts) for name in METRICS_RESAMPLED
    }


def _interval(estimate: Estimate, values: NDArray[np.float64], level: float) -> ReaderResampledMetric:
    """Return the percentile interval; none with over 1 % undefined replicates, or of zero width."""
    defined = np.sort(values[~np.isnan(values)])
    undefined, interval, note = len(values) - len(defined), None, None
    if undefined > UNDEFINED_SHARE * len(values):
        note = f"not estimable: undefined in {undefined} of {len(values)} replicates"
    else:
        tail = (1 - level) / 2
        low, high = (rounded(quantile(defined, at), PLACES) for at in (tail, 1 - tail))
        if low == high:
            note = "zero width"
        else:
            interval = low, high
            # Unlike that of an estimate it is given: a panel that is resampled may well judge otherwise on average.
            if estimate.value is not None and not low <= estimate.value <= high:
                note = "excludes the estimate"
    return ReaderResampledMetric(
        estimate.metric, estimate.value, estimate.decision, interval, undefined, note
    )


def _verdicts(
    metrics: Mapping[str, ReaderResampledMetric], estimates: Mapping[str, Estimate], protocol: Protocol
) -> dict[str, CriterionVerdict]:
    """Judge the overall criteria, by id; inconclusive without an interval or where the primary row is not ok."""
    found: dict[str, CriterionVerdict] = {}
    for criterion in protocol.criteria:
        if criterion.subgroup == OVERALL_AXIS and criterion.metric in metrics:
            one = metrics[criterion.metric]
            observed = bound_of(criterion.bound, one.value, one.interval)
            if estimates[criterion.metric].status != "ok" or observed is None:
                found[criterion.id] = "inconclusive"
            else:
                found[criterion.id], _ = compared(criterion, observed)
    return found
