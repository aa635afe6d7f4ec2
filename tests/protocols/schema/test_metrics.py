"""The registry of metrics has one row for every definition, and names them everywhere."""

import re
from pathlib import Path
from typing import get_args

import pytest

from protocols.schema.metrics import METRICS, ReferenceClass
from validation.estimates.from_scores import SCORE_METRICS
from validation.metrics.counts import COUNT_METRICS, CountMetric, PairOfProportions, Proportion

DOCUMENTS = Path(__file__).parents[3] / "docs"


def lacking(names: set[str], where: str) -> str:
    return f"{', '.join(sorted(names))}: give a row in {where}"


def test_every_metric_has_a_definition_and_every_definition_a_row() -> None:
    definitions = COUNT_METRICS.keys() | SCORE_METRICS.keys()
    assert not METRICS.keys() - definitions, lacking(
        METRICS.keys() - definitions, "validation/metrics/counts.py or validation/estimates/from_scores.py"
    )
    assert not definitions - METRICS.keys(), lacking(
        definitions - METRICS.keys(), "protocols/schema/metrics.py"
    )
    assert not COUNT_METRICS.keys() & SCORE_METRICS.keys()


@pytest.mark.parametrize("name", METRICS)
def test_kind_is_that_of_the_definition(name: str) -> None:
    kinds: dict[type[CountMetric], set[str]] = {
        Proportion: {"proportion", "mapped_proportion"},
        PairOfProportions: {"counts"},
        CountMetric: {"counts"},
    }
    expected = kinds[type(COUNT_METRICS[name])] if name in COUNT_METRICS else {"scores"}
    assert METRICS[name].kind in expected


@pytest.mark.parametrize("name", METRICS)
def test_row_is_sound(name: str) -> None:
    metric = METRICS[name]
    assert metric.lowest < metric.highest
    assert metric.classes
    assert set(metric.classes) <= set(get_args(ReferenceClass))
    assert set(re.findall(r"{(\w+)}", metric.meaning)) <= {
        "truth",
        "units",
        "se",
        "sp",
        "precision",
        "recall",
    }


@pytest.mark.parametrize("name", METRICS)
def test_documentation_has_a_row_of_the_metric(name: str) -> None:
    row = re.compile(
        rf"^\| `{name}` \|(?:[^|]+\|){{4}}$", re.MULTILINE
    )  # definition, range, undefined when, decides
    assert any(row.search(page.read_text(encoding="utf-8")) for page in DOCUMENTS.rglob("*.md"))
