"""Readers resampled together with patients, independently of the first implementation, in plain Python.

Owns the panels, the reference that each forms, and the intervals. Written from docs/methods/reference-uncertainty.md
without a line of the first implementation. Consensus is `cohort`, resampling `draws`, formulas are `formulas` and
`scores`.
"""

import hashlib
import struct
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from protocols.progress import Progress
from protocols.schema.protocol import Protocol
from validation.independent import cohort
from validation.independent import scores as of_scores
from validation.independent.cohort import INDETERMINATE, Image, Recounted, consensus
from validation.independent.draws import draw, little_endian, quantile
from validation.independent.estimate_rows import UNDEFINED_SHARE, Row, as_written
from validation.independent.formulas import Counts, Interval
from validation.independent.replicates import NONE, OF_COUNTS, Slice, slice_of
from validation.independent.subgroup_levels import WHOLE, LevelName
from validation.independent.verdicts import judged_row

METRICS = ("sensitivity", "specificity", "f1", "prevalence", "auroc")
REPLICATES = 2000
OF_READERS = 1  # the stream
Panel = tuple[tuple[str, int], ...]  # readers and how many times each was resampled


@dataclass(frozen=True, slots=True)
class ResampledMetric:
    """A metric with its primary value and deciding interval, and the interval of resampled readers."""

    metric: str
    value: float | None
    decision: Interval | None
    interval: Interval | None
    undefined_replicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResampledReaders:
    """The content of `reference_uncertainty` without its notes; empty where readers cannot be resampled."""

    readers: tuple[str, ...] = ()
    adjudicator: str | None = None
    replicates: int = 0
    panels: int = 0
    panels_sha256: str | None = None
    metrics: tuple[ResampledMetric, ...] = ()
    verdicts: Mapping[str, str]


def resampled_readers(
    counted: Recounted,
    analysed: Sequence[Image],
    rows: Mapping[tuple[str, LevelName], Row],
    protocol: Protocol,
    threshold: float,
    progress: Progress,
) -> ResampledReaders:
    """Compute the replicates of the resampled readers; ``rows`` are the primary estimates."""
    standard, everyone = protocol.reference_standard, cohort.clusters(analysed)
    name, _, argument = standard.rule.partition(":")
    adjudicator = argument if name == "adjudicated" else None
    candidates = [
        image
        for image in counted.images
        if image.split == "test"
        and image.reference is not None
        and image.cluster in set(everyone)
        and (image.score is not None or protocol.missing.not_processed != "exclude")
    ]
    wanted = {image.image_id for image in candidates}
    reads: dict[str, dict[str, str]] = defaultdict(dict)
    for row in counted.tables["reads"].joined:
        if row["image_id"] in wanted:
            reads[row["image_id"]][row.get("reader_id", "consensus")] = row["verdict"]
    panels_of_images = [set(of_image) - {adjudicator} for of_image in reads.values()]
    readers = sorted({reader for panel in panels_of_images for reader in panel})
    if standard.kind not in ("consensus", "adjudicated") or max(map(len, panels_of_images), default=0) < 2:
        return ResampledReaders(verdicts={})
    plan = protocol.bootstrap
    replicates, seats = min(plan.replicates, REPLICATES), list(range(len(readers)))
    drawn = [draw(plan.seed, replicate, [seats], OF_READERS) for replicate in range(replicates)]
    sharing: dict[Panel, list[int]] = defaultdict(list)
    for replicate, places in enumerate(drawn):
        sharing[tuple(sorted(Counter(readers[place] for place in places).items()))].append(replicate)
    strata = cohort.strata(analysed, protocol)
    numbers = {name: k for k, name in enumerate(everyone)}
    values: dict[str, list[float | None]] = {metric: [None] * replicates for metric in METRICS}
    done = 0
    for panel, own in sharing.items():
        judged = _judged_by(panel, candidates, reads, adjudicator, protocol)
        units = cohort.units(judged, protocol.analysis.unit, threshold)
        _fill(values, own, slice_of(judged, units, numbers), strata, plan.seed)
        done += len(own)
        progress("second opinion, readers", done, replicates)
    primary = {metric: rows[metric, WHOLE] for metric in METRICS}
    metrics = {
        metric: _interval(primary[metric], values[metric], plan.confidence_level) for metric in METRICS
    }
    return ResampledReaders(
        readers=tuple(readers),
        adjudicator=adjudicator,
        replicates=replicates,
        panels=len(sharing),
        panels_sha256=hashlib.sha256(b"".join(map(little_endian, drawn))).hexdigest(),
        metrics=tuple(metrics.values()),
        verdicts={
            criterion.id: judged_row(
                criterion.id,
                criterion,
                WHOLE,
                _with_interval(primary[criterion.metric], metrics[criterion.metric].interval),
            ).verdict
            for criterion in protocol.criteria
            if criterion.subgroup == WHOLE[0] and criterion.metric in METRICS
        },
    )


def _judged_by(
    panel: Panel,
    candidates: Sequence[Image],
    reads: Mapping[str, Mapping[str, str]],
    adjudicator: str | None,
    protocol: Protocol,
) -> list[Image]:
    """Return the images with the reference of a panel: a reader resampled twice has two votes."""
    judged = []
    for image in candidates:
        own = reads[image.image_id]
        # A name longer than the adjudicator's is another name.
        votes = {
            f"{adjudicator}\0{reader}\0{copy}": own[reader]
            for reader, times in panel
            if reader in own
            for copy in range(times)
        }
        if adjudicator is not None and adjudicator in own:
            votes[adjudicator] = own[adjudicator]
        if votes:
            verdict = consensus(protocol.reference_standard.rule, votes)
            if verdict != INDETERMINATE or protocol.missing.indeterminate != "exclude":
                judged.append(replace(image, reference=verdict))
    return judged


def _fill(
    values: Mapping[str, list[float | None]],
    replicates: Sequence[int],
    own: Slice,
    strata: Sequence[Sequence[int]],
    seed: int,
) -> None:
    """Compute the metrics of one panel in its replicates."""
    number = sum(map(len, strata))
    # A patient's four outcomes in one whole number, 64 bits each.
    cells = [int.from_bytes(struct.pack("<4Q", *own.counts.get(k, NONE)), "little") for k in range(number)]
    for replicate in replicates:
        resampled = draw(seed, replicate, strata)
        counts = Counts(*struct.unpack("<4Q", sum(map(cells.__getitem__, resampled)).to_bytes(32, "little")))
        weight = [0] * number
        for k in resampled:
            weight[k] += 1
        for metric, of_metric in values.items():
            of_metric[replicate] = (
                of_scores.auroc(own.ranks, weight) if metric == "auroc" else OF_COUNTS[metric](counts)
            )


def _interval(row: Row, replicates: Sequence[float | None], confidence: float) -> ResampledMetric:
    """Return the quantiles; no interval where over 1 % are undefined, or of zero width."""
    ordered = sorted(value for value in replicates if value is not None)
    undefined, tail, interval = len(replicates) - len(ordered), (1 - confidence) / 2, None
    if undefined <= UNDEFINED_SHARE * len(replicates):
        low, high = (as_written(quantile(ordered, at), row.metric) for at in (tail, 1 - tail))
        interval = (low, high) if low < high else None
    decision = row.intervals[row.decision_interval] if row.decision_interval else None
    return ResampledMetric(row.metric, row.value, decision, interval, undefined)


def _with_interval(row: Row, interval: Interval | None) -> Row:
    return replace(row, intervals={"readers": interval}, decision_interval=interval and "readers")
