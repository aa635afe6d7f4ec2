"""The results of a robustness test as frozen types, and their one way to bytes and back.

Owns the shape of robustness/results.json, in which `reports` reads them. The numbers are made in `robustness` and
arrive rounded.
"""

from dataclasses import asdict, dataclass
from typing import Literal, get_args

from protocols.storage.canonical import json_text
from protocols.storage.json_document import read_document
from protocols.tables.perturbation_scores import Family, Withheld
from validation.results.secondary import Caution, Measured

SCHEMA = "cxr510k-robustness/1"
ChangedMetric = Literal["sensitivity", "specificity", "auroc"]
CHANGED_METRICS: tuple[ChangedMetric, ...] = get_args(ChangedMetric)


@dataclass(frozen=True, slots=True)
class RobustnessIdentities:
    """What these results belong to, by SHA-256 of the files' bytes."""

    results_sha256: str
    predictions_sha256: str
    perturbations_sha256: str
    scores_sha256: str


@dataclass(frozen=True, slots=True)
class SharedResamples:
    """The run's own resamples, on which every difference is taken."""

    replicates: int
    confidence_level: float
    seed: int
    draws_sha256: str


@dataclass(frozen=True, slots=True)
class Repeatability:
    """The same images scored twice: how many scores and decisions differ, and by how much at most."""

    images: int
    scores_differing: int
    decisions_differing: int
    largest_difference: float


@dataclass(frozen=True, slots=True)
class Flips:
    """Decisions that change, of the analysed images that have both scores; ``share`` is of all of them."""

    images: int
    to_negative: int
    to_positive: int
    share: Measured


@dataclass(frozen=True, slots=True)
class MetricChange:
    """A metric of changed images, and by how much it is lower (-) or higher (+) than of the same images unchanged.

    The interval of ``value`` is the one that decides in the run; that of ``difference`` is the percentile interval of
    the differences replicate by replicate.
    """

    metric: ChangedMetric
    value: Measured
    difference: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbed:
    """What one item of the perturbation set does to the device.

    Attributes:
        id, family, withholds, name, does: as the table of perturbations has them.
        mean_change, largest_change: of the score, without sign; None where no image has both scores.
        lowest_score, highest_score: of the changed images; None where none has a score.
        flips: decisions that change.
        changes: sensitivity, specificity and AUROC.
    """

    id: str
    family: Family
    withholds: Withheld
    name: str
    does: str
    mean_change: float | None
    largest_change: float | None
    lowest_score: float | None
    highest_score: float | None
    flips: Flips
    changes: tuple[MetricChange, ...]

    def change(self, metric: str) -> MetricChange:
        """Return the one change of a metric."""
        return next(change for change in self.changes if change.metric == metric)


@dataclass(frozen=True, slots=True)
class BaseMetric:
    """A metric of the unchanged images, with the interval that decides in the run."""

    metric: str
    value: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustnessResults:
    """The content of robustness/results.json.

    Attributes:
        identities: what it belongs to.
        resampling: that of the run.
        threshold: positive when score >= threshold.
        images: scored under every item.
        largest_from_predictions: largest difference of an unchanged score from that in the predictions table.
        repeatability: unchanged images scored twice.
        unchanged: the metrics that differences are taken from.
        perturbed: in the order of the perturbation set.
        cautions: what must be read with these numbers.
    """

    identities: RobustnessIdentities
    resampling: SharedResamples
    threshold: float
    images: int
    largest_from_predictions: float
    repeatability: Repeatability
    unchanged: tuple[BaseMetric, ...]
    perturbed: tuple[Perturbed, ...]
    cautions: tuple[Caution, ...]

    def to_json(self) -> str:
        """Return canonical JSON; `robustness_from_json` reads it back to an equal value."""
        return json_text({"schema": SCHEMA, **asdict(self)})


def robustness_from_json(content: bytes, *, source: str) -> RobustnessResults:
    """Read robustness/results.json.

    Raises:
        BadInputError: it is not results of this schema.
    """
    again = "run `robustness` again"
    return read_document(content, RobustnessResults, schema=SCHEMA, source=source, next_step=again)
