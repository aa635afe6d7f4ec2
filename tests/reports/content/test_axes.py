from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from protocols.schema.protocol import Protocol
from protocols.storage.run_folder import RunFolder
from protocols.tables.column_mapping import studies_table
from reports.content.axes import axis_remarks
from reports.content.context import ReportContext
from reports.language.vocabulary import Words
from reports.run_files.line_listing import Listing

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset())


def listing(**levels: str) -> Listing:
    """Images by their levels, one letter an image."""
    nothing = ("",) * 4
    return Listing(
        nothing, nothing, np.zeros(4), nothing, nothing, nothing, {k: tuple(v) for k, v in levels.items()}
    )


def test_axes_that_divide_alike_by_hand(
    context_of: Callable[[str], ReportContext], run_of: Callable[[str], RunFolder]
) -> None:
    protocol = context_of("passing").protocol
    groups = [
        SimpleNamespace(name=name, parts=(name,), cut_points=None)
        for name in ("site", "manufacturer", "view")
    ]
    made = Protocol.model_construct(**{**dict(protocol), "subgroups": groups})
    studies = studies_table(run_of("passing").require_input("studies"), protocol).table.frame
    found = axis_remarks(studies, made, listing(site="AABB", manufacturer="XXYY", view="PQPQ"), WORDS)
    assert found.alike == (
        "Manufacturer divides the images exactly as site does: what is due to the one cannot be told from what is due "
        "to the other.",
    )
    assert "view" not in found.not_analysed and "sex" in found.not_analysed


def test_columns_of_the_studies_that_are_no_axis_by_hand(context_of: Callable[[str], ReportContext]) -> None:
    remarks = context_of("passing").axis_remarks
    used = {part for group in context_of("passing").protocol.subgroups for part in group.parts}
    assert not used & set(remarks.not_analysed)
