"""Cohort source ``table``: a site's own tables, mapped by a protocol where one is given, and checked.

Owns the conversion to plain CSV with the suite's column names, decimal points, and image paths relative to the new
folder. The meaning of columns is `protocols.tables.column_rules`'s.
"""

from dataclasses import replace
from pathlib import Path

from protocols.cohorts.assembly import finish_cohort
from protocols.cohorts.cohort import Cohort
from protocols.cohorts.image_paths import moved_paths
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.selection import Selection
from protocols.errors import BadInputError
from protocols.schema.protocol import Protocol
from protocols.tables.checks import studies_from
from protocols.tables.column_rules import STUDIES
from protocols.tables.input_account import Notice
from protocols.tables.reading import DECIMAL_COMMA, Table


def own_tables(studies: Path, request: CohortRequest) -> Cohort:
    """Make a cohort of a site's own tables.

    Args:
        studies: one row per image; columns beyond the contract's are kept.
        request: the output folder, the images to take, the other tables, and the format of all of them.

    Returns:
        The cohort, rows in the order of the files.

    Raises:
        BadInputError: a table breaks the contract, no image is left, or ``hold_out`` is given for
            studies that already state their split.
    """
    lists = (request.within, request.hold_out)
    files = [studies, request.reads, request.training_labels, request.boxes, *lists]
    if request.sheet is not None and not any(path and path.name.endswith(".xlsx") for path in files):
        raise BadInputError("--sheet names a sheet of a workbook, and none of these files ends in .xlsx.")
    mapped = request.read(studies, STUDIES)
    checked = studies_from(mapped.table)
    if request.hold_out is not None and checked.split is not None:
        raise BadInputError(
            f"{studies}: already has a column 'split' and a hold-out list would write another; "
            "leave one of the two out."
        )
    selection = Selection.of_source(checked.image_id, checked.patient_id, f"images of {studies.name}")
    source = _with_points(mapped.table, request.protocol)
    cohort = finish_cohort(selection, source.frame, request)
    columns = dict(cohort.studies)
    moved: tuple[Notice, ...] = ()
    if checked.image_path is not None:
        columns["image_path"], moved = moved_paths(columns["image_path"], studies.parent, request.out)
    return replace(cohort, studies=columns, notices=[*mapped.notices, *cohort.notices, *moved])


def _with_points(source: Table, protocol: Protocol | None) -> Table:
    """Return the studies with decimal points also in undeclared columns that contain a decimal comma."""
    frame = source.frame.copy()
    known = {column.name for column in STUDIES.columns} | (protocol.number_columns if protocol else set())
    for name in set(map(str, frame)) - known if source.format.decimal == "," else ():
        if frame[name].str.fullmatch(DECIMAL_COMMA.pattern).any():
            frame[name] = source.with_points(frame[name])
    return replace(source, frame=frame)
