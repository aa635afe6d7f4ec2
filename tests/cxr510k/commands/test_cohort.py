"""The commands of `cohort` and the registry of sources agree."""

import inspect
from dataclasses import fields

import pytest
from typer.main import get_command

from cxr510k.main import app
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.registry import SOURCES

COHORT = get_command(app).commands["cohort"].commands
OPTIONS = {name: {option.name for option in command.params} for name, command in COHORT.items()}
SHARED = {field.name for field in fields(CohortRequest)}


def test_every_source_has_a_command() -> None:
    assert set(COHORT) == {"phantom", *SOURCES}


@pytest.mark.parametrize("source", SOURCES)
def test_a_command_offers_what_its_source_takes_and_shared_options(source: str) -> None:
    own = set(inspect.signature(SOURCES[source]).parameters) - {"request"}
    assert own <= OPTIONS[source]
    assert OPTIONS[source] - own - {"profile"} <= SHARED
