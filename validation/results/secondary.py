"""Secondary results as frozen types: they explain the estimates and decide nothing.

Owns the shape of these parts of results.json. The numbers are made in the file that each docstring names and
arrive rounded; a value or interval of None has a ``note`` that says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Interval = tuple[float, float]
CriterionVerdict = Literal["met", "not_met", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its interval; either is None where it cannot be given, and ``note`` then says why."""

    value: float | None
    interval: Interval | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ClosedEstimate:
    """A metric of another cut of the data, with a closed-form interval (`closed_form`)."""

    metric: str
    value: float | None
    interval: Interval | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Caution:
    """A sentence that must be read with a number; ``about`` is a criterion's id, a metric or an analysis."""

    about: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """PPV, NPV or F1 as it would be at a stated prevalence, sensitivity and specificity unchanged (`projection`)."""

    metric: Literal["ppv", "npv", "f1"]
    prevalence: float
    value: float | None
    intervals: Mapping[str, Interval | None]
    interval_notes: Mapping[str, str]
    decision_interval: str | None
    undefined_replicates: int


@dataclass(frozen=True, slots=True)
class PrecisionRecallPoint:
    """The highest threshold that reaches a recall, and the precision there (`average_precision`)."""

    threshold: float
    recall: float
    precision: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Units of neighbouring scores: mean score beside the proportion that is positive (`calibration`)."""

    low: float
    high: float
    units: int
    patients: int
    positives: int
    mean_score: float
    share: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class BrierParts:
    """Brier score = reliability - resolution + uncertainty + within_bins (Murphy 1973; Stephenson 2008)."""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float


@dataclass(frozen=True, slots=True)
class Spiegelhalter:
    """z of calibration as if units were independent (Spiegelhalter 1986), and with patients as clusters."""

    z: float | None
    p_value: float | None
    clustered_z: float | None
    clustered_p_value: float | None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Whether scores can be read as probabilities (`calibration`).

    ``clipped`` scores of 0 or 1 were moved off the boundary before taking logits.
    """

    units: int
    patients: int
    positives: int
    clipped: int
    in_the_large: Measured
    intercept: Measured
    slope: Measured
    brier: BrierParts | None
    spiegelhalter: Spiegelhalter
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class DecisionCurvePoint:
    """Net benefit of calling at a threshold probability, and of calling everyone; of calling no one it is 0."""

    threshold: float
    net_benefit: float
    interval: Interval | None
    treat_all: float


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """The device at another threshold; ``shift`` changes the proportion that tests positive (`thresholds`)."""

    threshold: float
    shift: float
    called: int
    estimates: tuple[ClosedEstimate, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The whole cohort without one site, or judged without one reader (`leave_one_out`).

    ``indeterminate`` images have no majority among the other readers; ``ties_excluded`` says that they are left out
    of a second row of that reader. ``verdicts`` are of the criteria on the whole cohort, judged on these intervals.
    """

    kind: Literal["site", "reader"]
    name: str
    images: int
    patients: int
    indeterminate: int
    ties_excluded: bool
    estimates: tuple[ClosedEstimate, ...]
    verdicts: Mapping[str, CriterionVerdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMetric:
    """A metric with sites as clusters, and how much it varies between them (`site_variation`).

    ``interval`` is closed-form; ``note`` says why it is None. ``sites`` have an estimate; ``between_site_variance`` is
    of their true values (DerSimonian and Laird), ``between_site_sd`` its root, ``i_squared`` the proportion of the
    spread of the sites' estimates that it explains; ``variance_note`` says why they are None.
    """

    metric: str
    value: float | None
    interval: Interval | None
    note: str | None
    sites: int
    between_site_variance: float | None
    between_site_sd: float | None
    i_squared: float | None
    variance_note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteVariation:
    """The sensitivity analysis ``by_site``: the analysed images of known site, sites as clusters (`site_variation`).

    ``images_without_site`` are left out. ``metrics`` is empty, with a ``note``, where a patient was at two sites.
    """

    sites: int
    images: int
    patients: int
    images_without_site: int
    metrics: tuple[SiteMetric, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LevelDifference:
    """The largest difference between two levels, with its simultaneous interval over all pairs of the axis.

    ``family_p_value`` is ``p_value`` adjusted (Holm) over the largest differences of all axes and metrics but f1;
    None for f1.
    """

    higher: str
    lower: str
    difference: float
    interval: Interval | None
    p_value: float | None
    note: str | None = None
    family_p_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Homogeneity:
    """Whether a metric is the same in all levels of an axis (`homogeneity`).

    ``left_out`` says of each level that could not enter why. ``holm_p_value`` is given inside the family that the
    protocol names.
    """

    axis: str
    metric: str
    levels: tuple[str, ...]
    left_out: Mapping[str, str]
    patients: int
    statistic: float | None
    degrees_of_freedom: tuple[int, int] | None
    p_value: float | None
    in_family: bool
    holm_p_value: float | None
    largest_gap: LevelDifference | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ReaderTendency:
    """How many images a reader read, and with which verdicts."""

    reader: str
    images: int
    positive: int
    negative: int
    indeterminate: int


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two readers on the images that both read: proportion of equal verdicts and Cohen's kappa."""

    first: str
    second: str
    images: int
    percent: Measured
    kappa: Measured


@dataclass(frozen=True, slots=True)
class LatentReader:
    """A reader's sensitivity and specificity against the latent truth of Dawid and Skene's model."""

    reader: str
    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """Truth as a latent class fitted to all reads (`dawid_skene`).

    ``changed`` images get another verdict than the rule's.
    """

    images: int
    prevalence: float | None
    readers: tuple[LatentReader, ...]
    iterations: int
    changed: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What the adjudicator read: ``images`` of the analysed, and in how many of them each reader said the same."""

    reader: str
    images: int
    same_verdict: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far readers agree on the analysed images that two or more of them read (`agreement`).

    An adjudicator, who reads what others disagree on, counts in ``readers``, ``patterns``, ``adjudication`` and
    ``dawid_skene`` only. ``images`` and ``patients`` are those with two or more reads by the others; ``categories``,
    ``readers`` and ``patterns`` are of all that were read. ``patterns`` counts images by their verdicts, such as
    ``3 positive, 2 negative``.
    """

    images: int
    patients: int
    categories: tuple[str, ...]
    readers: tuple[ReaderTendency, ...]
    patterns: Mapping[str, int]
    percent: Measured
    fleiss_kappa: Measured
    gwet_ac1: Measured
    krippendorff_alpha: Measured
    pairs: tuple[PairAgreement, ...]
    adjudication: Adjudication | None
    dawid_skene: DawidSkene


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A test image and the image that it is like, which trained or tuned the device."""

    image_id: str
    like: str
    kind: Literal["identical", "near"]


@dataclass(frozen=True, slots=True)
class Leakage:
    """Whether test images were seen before (`leakage`).

    ``compared`` are the analysed images that were compared with those that trained and tuned the device;
    ``identical`` and ``near`` count those that are the same or nearly so, of ``patients`` patients.
    """

    compared: int
    identical: int
    near: int
    patients: int
    pictures: tuple[NearDuplicate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Localised:
    """How well the device points, over some images with a box (`localisation`).

    ``marked`` are the images in which it points at all; the others are misses without overlap. ``hits`` have the
    point in a box; ``overlap`` is the mean over images of intersection over union of region and boxes.
    """

    images: int
    patients: int
    marked: int
    hits: int
    hit_rate: Measured
    overlap: Measured


@dataclass(frozen=True, slots=True)
class Baseline:
    """A way to point without seeing the image, its hit rate, and the device's hit rate less it, paired by image."""

    name: str
    hit_rate: float
    difference: Measured


@dataclass(frozen=True, slots=True)
class OverlapBin:
    """Images whose overlap is at least ``low`` and below ``high`` (the last bin includes 1), by hit and miss."""

    low: float
    high: float
    hits: int
    misses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Localisation:
    """Whether the device points at what readers drew boxes around (`localisation`).

    ``positives`` are the analysed images with a positive reference and a score; those ``without_box`` are left out, and
    so are ``boxed_not_positive`` ones, analysed images that have a box though their reference is not positive.
    ``whole`` are the others, ``called`` and ``not_called`` its parts at the operating point. ``baselines`` are
    ``chance`` (a random point of the image), ``fixed_place`` (always the place, ``fixed_place`` as proportions of
    width and height, that lies in boxes of the most of these same images) and ``swapped`` (the device's own marks of
    other patients' images). ``unused_boxes`` and ``unused_marks`` are rows of no study.
    """

    positives: int
    without_box: int
    boxed_not_positive: int
    boxes: int
    whole: Localised
    called: Localised
    not_called: Localised
    baselines: tuple[Baseline, ...]
    fixed_place: tuple[float, float] | None
    overlaps: tuple[OverlapBin, ...]
    unused_boxes: int
    unused_marks: int

    @property
    def best_baseline(self) -> Baseline | None:
        """The baseline with the highest hit rate; None without an image."""
        return max(self.baselines, key=lambda one: one.hit_rate, default=None)
