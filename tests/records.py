"""Checked records from a few columns, as the tests need them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from protocols.tables.checks import reads_from, studies_from
from protocols.tables.reading import Table
from protocols.tables.records import Reads, Studies


def studies(
    image_id: Sequence[str], *, patient_id: Sequence[str] | None = None, **columns: Sequence[Any] | None
) -> Studies:
    """Studies of these images; age, sex and view are unknown but for ``columns``."""
    blank = [""] * len(image_id)
    given = {"age_years": blank, "sex": blank, "view": blank} | {
        name: [str(cell) for cell in cells] for name, cells in columns.items() if cells is not None
    }
    return studies_from(
        Table.of("studies.csv", {"image_id": image_id, "patient_id": patient_id or image_id, **given})
    )


def reads_of(source: str, image_id: Sequence[str], reader_id: Sequence[str], verdict: Sequence[str]) -> Reads:
    """Reads, one entry per reader and image."""
    columns = {"image_id": image_id, "reader_id": reader_id, "verdict": list(map(str, verdict))}
    return reads_from(Table.of(source, columns))


def changed(studies: Studies, **columns: Sequence[str]) -> Studies:
    """The same studies with other cells in some columns."""
    return replace(
        studies, frame=studies.frame.assign(**{name: list(cells) for name, cells in columns.items()})
    )
