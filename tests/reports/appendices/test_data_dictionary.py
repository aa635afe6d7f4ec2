"""The dictionary names what the attached files hold, no more and no less."""

import csv
import json
from collections.abc import Callable

import pytest

from reports.appendices.data_dictionary import listing_columns, results_keys
from reports.content.context import ReportContext


@pytest.mark.parametrize("name", ["passing", "text-mined", "without criteria and subgroups"])
def test_it_names_the_columns_and_the_keys_in_their_order(
    name: str, context_of: Callable[[str], ReportContext]
) -> None:
    context = context_of(name)
    (head,) = csv.reader([context.listing_csv.decode().splitlines()[0]])
    assert [entry.name for entry in listing_columns(context.axes, context.words)] == head
    assert [entry.name for entry in results_keys(context.words)] == list(json.loads(context.results_json))
