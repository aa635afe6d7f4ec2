"""How far the verdict depends on the readers and on what is missing, as frozen types; they decide nothing.

Owns the shape of `reference_uncertainty` and `tipping_points` in results.json. The numbers are made in
`reader_resampling` and `tipping_points` and arrive rounded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from validation.results.secondary import CriterionVerdict, Interval


@dataclass(frozen=True, slots=True)
class ReaderResampledMetric:
    """A metric with the percentile interval of replicates that resample patients and readers.

    ``value`` and ``decision`` are those of the primary analysis. ``note`` says why there is no ``interval``, or that it
    excludes the value.
    """

    metric: str
    value: float | None
    decision: Interval | None
    interval: Interval | None
    undefined_replicates: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceUncertainty:
    """The reference standard formed anew by resampled readers (`reader_resampling`).

    ``readers`` are resampled, the ``adjudicator`` is not. ``panels`` is the number of distinct panels among the
    ``replicates``, and ``panels_sha256`` is of all resampled indices. ``verdicts`` are of the criteria on the whole
    cohort, judged on these intervals. Where readers cannot be resampled, ``note`` says why and nothing else is given.
    """

    readers: tuple[str, ...] = ()
    adjudicator: str | None = None
    replicates: int = 0
    panels: int = 0
    panels_sha256: str | None = None
    metrics: tuple[ReaderResampledMetric, ...] = ()
    verdicts: Mapping[str, CriterionVerdict]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TippingPoint:
    """How many unresolved units must count otherwise before a criterion changes (`tipping_points`).

    ``unresolved`` units enter the metric and have no score or an indeterminate reference. Of a criterion that is met,
    ``count`` is the smallest number ``against`` the device, all others for it, at which it is no longer met; of one not
    met, the smallest number ``for`` the device, all others against it, at which it is met. Only multiples of ``step``,
    and all of them, are tried. ``note`` says why ``count`` is None.
    """

    id: str
    metric: str
    verdict: CriterionVerdict
    unresolved: int
    direction: Literal["against", "for"] | None
    count: int | None
    step: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TippingPoints:
    """The tipping points of all criteria on the whole cohort, and of a study that passes.

    ``unit`` is what is counted. ``count`` is the smallest number against the device at which a criterion of acceptance
    is no longer met, that of ``id``; ``note`` says why it is None.
    """

    unit: Literal["image", "patient"]
    unresolved: int
    criteria: tuple[TippingPoint, ...]
    count: int | None
    id: str | None
    note: str | None = None
