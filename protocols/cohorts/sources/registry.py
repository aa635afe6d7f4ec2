"""The cohort sources by name. A new source is a file beside this one and a row here."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.chexpert import chexpert
from protocols.cohorts.sources.dicom import dicom
from protocols.cohorts.sources.google import google
from protocols.cohorts.sources.nih import nih
from protocols.cohorts.sources.own_tables import own_tables
from protocols.cohorts.sources.rsna import rsna
from protocols.cohorts.sources.vindr import vindr

SOURCES: Mapping[str, Callable[..., Cohort]] = {
    "chexpert": chexpert,
    "dicom": dicom,
    "google": google,
    "nih": nih,
    "rsna": rsna,
    "table": own_tables,
    "vindr": vindr,
}


def make_cohort(source: str, **options: Any) -> Cohort:
    """Make the cohort of a source.

    Args:
        source: a name of `SOURCES`.
        options: fields of `CohortRequest` and parameters of the source, each by its name.

    Raises:
        BadInputError: as the source raises it.
    """
    shared = {field.name for field in fields(CohortRequest)} & options.keys()
    request = CohortRequest(**{name: options[name] for name in shared})
    return SOURCES[source](
        **{name: value for name, value in options.items() if name not in shared}, request=request
    )
