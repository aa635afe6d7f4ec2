"""The statistical analysis plan: unit of analysis, missing values, resampling, intervals and further analyses.

Owns ``[analysis]``, ``[missing]``, ``[bootstrap]``, ``[decision]``, ``[looks]``, ``[minimum]``, ``[[sensitivity]]``,
``[prevalences]`` and ``[weights]``. Computing any of it is `validation`'s.
"""

import itertools
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, Strict, field_validator

from protocols.schema.document import Finite, Share, Table, Text

MOST_PREVALENCES = 20
PATIENT = "patient_id"
NO_CLUSTERS = (
    "age_years",
    "image_id",
    "image_path",
    "sex",
    "split",
    "view",
)  # columns that no patient nests in
OTHER_ANALYSES = (
    "other_unit",
    "one_image_per_patient",
    "all_best",
    "all_worst",
    "processed_only",
    "weighted",
    "dawid_skene",
    "by_site",
)


class AnalysisUnit(Table):
    """The unit of analysis: the image, or the patient, who is positive by any positive image."""

    unit: Literal["image", "patient"] = "image"


class MissingDataRules(Table):
    """The handling of an indeterminate reference and of a missing score."""

    indeterminate: Literal["worst_case", "exclude"] = "worst_case"
    not_processed: Literal["worst_case", "exclude"] = "worst_case"


class Bootstrap(Table):
    """The bootstrap: how patients are resampled, one by one or with all patients of their cluster.

    ``cluster`` is ``patient_id`` or a column of studies in which patients nest, such as ``site``.
    """

    cluster: Text = PATIENT
    strata: Literal["none", "class"] = "none"
    replicates: Annotated[int, Field(ge=1_000, le=100_000)] = 10_000
    confidence_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 510

    @property
    def group_column(self) -> str | None:
        """The column of studies whose values are the clusters; None where the patients are."""
        return None if self.cluster == PATIENT else self.cluster

    @field_validator("cluster")
    @classmethod
    def _nests_patients(cls, column: str) -> str:
        if column in NO_CLUSTERS:
            raise ValueError(
                f"must be {PATIENT!r} or a column of studies in which patients nest, such as 'site'; patients do not "
                f"nest in {column!r}"
            )
        return column


# Intervals that meet their targets in docs/evidence/coverage.md: each decides by default where it applies.
CERTIFIED = ("exact_clustered", "mover", "delong_newcombe", "jackknife_student", "wilson_patients")


class Decision(Table):
    """The interval that decides for each kind of metric; all intervals are computed and printed."""

    proportion: Literal["exact_clustered", "percentile", "bca", "wilson_effective"] = "exact_clustered"
    other: Literal["percentile", "bca", "delong_clustered", "delong_student", "delong_newcombe"] = (
        "delong_newcombe"
    )

    @property
    def of_pairs(self) -> Literal["percentile", "bca", "mover"]:
        """The interval for metrics of two proportions: MOVER where ``other`` is an interval of AUROC only."""
        return self.other if self.other in ("percentile", "bca") else "mover"

    @property
    def of_means(self) -> Literal["percentile", "bca", "jackknife_student"]:
        """The interval for average precision and Brier score: closed-form where ``other`` is one of AUROC only."""
        return self.other if self.other in ("percentile", "bca") else "jackknife_student"

    @property
    def bootstrap_alone(self) -> Literal["percentile", "bca"]:
        """The interval where only the bootstrap applies: BCa where ``other`` is an interval of AUROC only."""
        return "percentile" if self.other == "percentile" else "bca"


class Looks(Table):
    """The number of looks at the test set among which alpha, 1 - confidence level, is divided equally (Bonferroni)."""

    planned: Annotated[int, Field(ge=1, le=10)] = 1

    def alpha_of_each(self, confidence_level: float) -> Fraction:
        """Return the two-sided alpha of each look, exactly: (1 - the level that the protocol states) / looks."""
        return (1 - Fraction(repr(confidence_level))) / self.planned

    def deciding_level(self, confidence_level: float) -> float:
        """Return the confidence level of the interval that decides at each look; the given one where one is planned."""
        return float(1 - self.alpha_of_each(confidence_level))


class Minimum(Table):
    """Minimum numbers of patients with at least one image of the kind; a row with fewer is insufficient.

    ``unknown_at_most`` is the largest allowed proportion of analysed images of unknown level on a criterion's axis.
    """

    patients: Annotated[int, Field(ge=1)] = 30
    positive_patients: Annotated[int, Field(ge=1)] = 10
    negative_patients: Annotated[int, Field(ge=1)] = 10
    unknown_at_most: Share = 0.05


class ExclusionRule(Table):
    """Images with a number above a limit in a column of studies."""

    column: Text
    above: Finite


class SensitivityAnalysis(Table):
    """A repetition of the overall analysis without some images."""

    id: Text
    exclude: ExclusionRule

    @field_validator("id")
    @classmethod
    def _own(cls, name: str) -> str:
        if name in OTHER_ANALYSES:
            raise ValueError(
                f"is the name of an analysis that is always made; these are {', '.join(OTHER_ANALYSES)}"
            )
        return name


class Prevalences(Table):
    """Prevalences of the intended-use populations, in (0, 1), at which PPV, NPV and F1 are projected."""

    at: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Strict(False)]

    @field_validator("at")
    @classmethod
    def _rising(cls, at: tuple[float, ...]) -> tuple[float, ...]:
        if not 1 <= len(at) <= MOST_PREVALENCES or any(a >= b for a, b in itertools.pairwise(at)):
            raise ValueError(f"must be 1 to {MOST_PREVALENCES} rising proportions; received {list(at)}")
        return at


class Weights(Table):
    """A column of studies with the inverse probability that an image was selected for an enriched test set."""

    column: Text
