"""The statistical analysis plan: what counts once, missing values, resampling, intervals and further analyses.

Owns ``[analysis]``, ``[missing]``, ``[bootstrap]``, ``[decision]``, ``[minimum]``, ``[[sensitivity]]``,
``[prevalences]`` and ``[weights]``. Computing any of it is `validation`'s.
"""

import itertools
from typing import Annotated, Literal

from pydantic import Field, Strict, field_validator

from protocols.schema.document import Finite, Share, Table, Text

MOST_PREVALENCES = 20
OTHER_ANALYSES = (
    "other_unit",
    "one_image_per_patient",
    "all_best",
    "all_worst",
    "processed_only",
    "weighted",
    "dawid_skene",
)


class AnalysisUnit(Table):
    """What counts once: an image, or a patient by any positive image."""

    unit: Literal["image", "patient"] = "image"


class MissingDataRules(Table):
    """What an indeterminate reference or a score that is not there counts as."""

    indeterminate: Literal["worst_case", "exclude"] = "worst_case"
    not_processed: Literal["worst_case", "exclude"] = "worst_case"


class Bootstrap(Table):
    """How patients are drawn again."""

    cluster: Literal["patient_id"] = "patient_id"
    strata: Literal["none", "class"] = "none"
    replicates: Annotated[int, Field(ge=1_000, le=100_000)] = 10_000
    confidence_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 510


class Decision(Table):
    """Which of the intervals decides; all are computed and printed."""

    proportion: Literal["exact_clustered", "percentile", "bca", "wilson_effective"] = "exact_clustered"
    other: Literal["percentile", "bca", "delong_clustered", "delong_student"] = "delong_student"

    @property
    def of_pairs(self) -> Literal["percentile", "bca", "mover"]:
        """What decides for metrics of two shares: MOVER where ``other`` names an interval that only AUROC has."""
        return self.other if self.other in ("percentile", "bca") else "mover"

    @property
    def bootstrap_alone(self) -> Literal["percentile", "bca"]:
        """What decides where only the bootstrap serves: BCa where ``other`` names an interval that only AUROC has."""
        return "percentile" if self.other == "percentile" else "bca"


class Minimum(Table):
    """Patients with at least one image of the kind, below which a row is insufficient, and what may be unknown.

    ``unknown_at_most`` is the share of analysed images whose level of a criterion's axis may be unknown.
    """

    patients: Annotated[int, Field(ge=1)] = 30
    positive_patients: Annotated[int, Field(ge=1)] = 10
    negative_patients: Annotated[int, Field(ge=1)] = 10
    unknown_at_most: Share = 0.05


class ExclusionRule(Table):
    """Images whose number in a column of studies lies above a value."""

    column: Text
    above: Finite


class SensitivityAnalysis(Table):
    """The overall rows again without some images."""

    id: Text
    exclude: ExclusionRule

    @field_validator("id")
    @classmethod
    def _own(cls, name: str) -> str:
        if name in OTHER_ANALYSES:
            raise ValueError(
                f"is the name of an analysis that is always made; those are {', '.join(OTHER_ANALYSES)}"
            )
        return name


class Prevalences(Table):
    """Shares of positives in the populations of intended use, at which PPV, NPV and F1 are projected."""

    at: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Strict(False)]

    @field_validator("at")
    @classmethod
    def _rising(cls, at: tuple[float, ...]) -> tuple[float, ...]:
        if not 1 <= len(at) <= MOST_PREVALENCES or any(a >= b for a, b in itertools.pairwise(at)):
            raise ValueError(f"must be 1 to {MOST_PREVALENCES} rising shares; received {list(at)}")
        return at


class Weights(Table):
    """A column of studies: the inverse of the probability with which an image came into an enriched test set."""

    column: Text
