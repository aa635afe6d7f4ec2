"""The parts of a profile as frozen records that are checked on reading.

Owns their fields. Proportions are in [0, 1], grey levels in [0, 255], ages in years. `profile_record` puts the parts
together; the other files of this folder count them.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

POSITIVE, NEGATIVE, UNKNOWN = "positive", "negative", "unknown"
CLASSES = (POSITIVE, NEGATIVE, UNKNOWN)

ClassName = Literal["positive", "negative", "unknown"]
Source = Literal["labels", "reads"]


class Record(BaseModel):
    """One part of a profile."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Classes(Record):
    """A number of images of each class."""

    positive: int
    negative: int
    unknown: int

    @property
    def known(self) -> int:
        """The number of images of known class."""
        return self.positive + self.negative

    @property
    def images(self) -> int:
        """The number of all images."""
        return self.known + self.unknown

    @property
    def prevalence(self) -> float | None:
        """The proportion of positives among images of known class, in [0, 1]; None where none is known."""
        return self.positive / self.known if self.known else None

    def of(self, name: str) -> int:
        """Return the number of images of one class."""
        return {POSITIVE: self.positive, NEGATIVE: self.negative, UNKNOWN: self.unknown}[name]


class ClassSource(Record):
    """One source of classes, and the images whose class comes from it."""

    source: Source
    classes: Classes


class LabelAndReads(Record):
    """The images with one label by the majority of their readers; unknown without a majority or a read."""

    label: ClassName
    reads: Classes


class Part(Record):
    """One split; ``name`` is empty where the studies have none."""

    name: str
    patients: int
    classes: Classes


class Finding(Record):
    """One column of the labels.

    Attributes:
        positives, negatives, unknown: images of the cohort; without a row of labels an image is unknown.
        positive_patients: patients with at least one positive image.
        prevalence: proportion of positives among the known; None where none is known.
        weight_of_positives, weight_of_negatives: by class frequency: the proportion of the other class.
        share_before, share_after: proportion of all images' weight that is of positives, without and with the
            weights; None where a class is empty.
    """

    name: str
    positives: int
    negatives: int
    unknown: int
    positive_patients: int
    prevalence: float | None
    weight_of_positives: float | None
    weight_of_negatives: float | None
    share_before: float | None
    share_after: float | None


class LabelProfile(Record):
    """The labels table.

    Attributes:
        images: images of the cohort with a row of labels.
        unused: rows of images that are not in the cohort.
        findings: in the order of the columns.
        co_occurrence: images positive for the findings of row and column; the diagonal is the positives.
        findings_an_image: number of positive findings per image -> images.
    """

    images: int
    unused: int
    findings: tuple[Finding, ...]
    co_occurrence: tuple[tuple[int, ...], ...]
    findings_an_image: dict[str, int]


class Reader(Record):
    """One reader's verdicts on images of the cohort; ``share_positive`` is a proportion of the determinate ones."""

    reader_id: str
    positive: int
    negative: int
    indeterminate: int
    share_positive: float | None


class ReadsProfile(Record):
    """The reads table, of one finding where it contains several.

    Attributes:
        finding: that one; None where the table does not name any.
        images: images of the cohort with at least one read.
        unused: reads of images that are not in the cohort.
        readers: by id.
        readers_an_image: number of readers per image, from 0 -> images.
    """

    finding: str | None
    images: int
    unused: int
    readers: tuple[Reader, ...]
    readers_an_image: dict[str, int]


class Spread(Record):
    """A distribution in a few numbers; quartiles are interpolated linearly."""

    number: int
    mean: float
    lowest: float
    lower_quartile: float
    median: float
    upper_quartile: float
    highest: float


class AgeProfile(Record):
    """Ages, in bins of ten years that begin at 0.

    Attributes:
        first_years: where each bin begins.
        spread: class -> known ages; a class without one is absent.
        spread_of_all: over all images; None where no age is known.
        bins: class -> images in each bin.
        by_sex, by_view: level -> class -> images in each bin.
    """

    first_years: tuple[int, ...]
    spread: dict[str, Spread]
    spread_of_all: Spread | None
    bins: dict[str, tuple[int, ...]]
    by_sex: dict[str, dict[str, tuple[int, ...]]]
    by_view: dict[str, dict[str, tuple[int, ...]]]


class Level(Record):
    """One level of a column of the studies, by class; the level is empty where it is unknown."""

    column: str
    level: str
    classes: Classes


class Missing(Record):
    """Missing values of a column: empty cells, and unusable cells that the suite treats as unknown."""

    table: Literal["studies", "labels"]
    column: str
    rows: int
    empty: int
    unusable: int


class Step(Record):
    """One step of the flow that made the cohort."""

    step: str
    images: int
    patients: int
    reason: str


class Fault(Record):
    """A reason why images of the sample could not be decoded."""

    reason: str
    pictures: int


class Look(Record):
    """The sampled images of one class.

    Attributes:
        ``pictures``: number of decoded images.
        histogram: mean over images of the proportion of pixels in each of 64 bins of 4 grey levels.
        means, deviations: spread of each image's mean grey level and of its standard deviation.
        mean_bins, deviation_bins: images by mean, in 32 bins of 8 grey levels, and by deviation, in 32 bins of 4.
    """

    pictures: int
    histogram: tuple[float, ...]
    means: Spread
    deviations: Spread
    mean_bins: tuple[int, ...]
    deviation_bins: tuple[int, ...]


class Size(Record):
    """Decoded images of one size, in pixels."""

    columns: int
    rows: int
    pictures: int


class PictureProfile(Record):
    """The image files.

    Attributes:
        found: images of the cohort with a file.
        missing: images without a file.
        sampled: images chosen for decoding, by SHA-256 of image_id, spread over the classes.
        faults: of the sampled.
        looks: class -> decoded images; a class without one is absent.
        constant: decoded images of a single grey level.
        sizes: the most frequent first.
        aspects: columns / rows.
    """

    found: int
    missing: int
    sampled: int
    faults: tuple[Fault, ...]
    looks: dict[str, Look]
    constant: int
    sizes: tuple[Size, ...]
    aspects: Spread | None

    @property
    def decoded(self) -> int:
        """The number of sampled images that could be decoded."""
        return self.sampled - sum(fault.pictures for fault in self.faults)


class Tile(Record):
    """One image of the montage; age, sex and view are empty where unknown."""

    image_id: str
    image_class: ClassName
    age_years: str
    sex: str
    view: str
    phantom: bool


class Remark(Record):
    """A sentence to note, and the rule that produced it."""

    rule: str
    sentence: str
