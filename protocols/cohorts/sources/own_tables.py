"""Cohort source ``table``: any site's own tables, mapped by a protocol where one is given, checked and passed on.

Owns nothing of the columns' meaning (that is `protocols.tables.column_rules`); it writes plain CSV in the suite's
names, numbers with decimal points, and points image paths at the new folder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.image_paths import moved_paths
from protocols.cohorts.selection import Selection
from protocols.errors import BadInputError
from protocols.schema.protocol import Format, Protocol
from protocols.tables.checks import labels_from, studies_from
from protocols.tables.column_mapping import MappedTable, boxes_table, read_as_planned
from protocols.tables.column_rules import LABELS, READS, STUDIES
from protocols.tables.input_account import Notice
from protocols.tables.reading import DECIMAL_COMMA, Reading, Table
from protocols.tables.records import Split


def table(
    studies: Path,
    *,
    out: Path,
    reads: Path | None = None,
    labels: Path | None = None,
    within: Path | None = None,
    hold_out: Path | None = None,
    boxes: Path | None = None,
    protocol: Protocol | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    sheet: str | None = None,
) -> Cohort:
    """Make a cohort of a site's own tables.

    Args:
        studies: one row per image; columns beyond the contract's are kept.
        out: the folder the cohort will be written to; image paths become relative to it.
        reads: readers' verdicts.
        labels: training labels; those of test images and of images that leave are dropped.
        within: a table whose first column names the images to keep.
        hold_out: a table whose first column names the test images; see `Selection.hold_out`.
        boxes: boxes around the finding.
        protocol: its [columns], [values] and [format] are applied to studies, reads and labels.
        delimiter, decimal: of all CSV files, in place of the protocol's.
        sheet: of all workbooks.

    Returns:
        The cohort, rows in the order of the files.

    Raises:
        BadInputError: a table breaks the contract, no image is left, or ``hold_out`` is given for
            studies that already say their split.
    """
    files = [path for path in (studies, reads, labels, within, hold_out, boxes) if path]
    if sheet is not None and not any(path.name.endswith(".xlsx") for path in files):
        raise BadInputError("--sheet names a sheet of a workbook, and none of these files ends in .xlsx.")

    def reading(table: str | None = None) -> Reading:
        planned = getattr(protocol.format, table) if protocol and table else Format()
        given = {"delimiter": delimiter or planned.delimiter, "decimal": decimal or planned.decimal}
        return Reading(table, Format.model_validate(given), sheet)

    mapped = read_as_planned(studies, STUDIES, protocol, reading=reading("studies"))
    checked = studies_from(mapped.table)
    if hold_out is not None and checked.split is not None:
        raise BadInputError(
            f"{studies}: already has a column 'split' and a hold-out list would write another; "
            "leave one of the two out."
        )
    selection = Selection.of_source(checked.image_id, checked.patient_id, f"images of {studies.name}")
    if within is not None:
        selection = selection.within(within, reading())
    further: dict[str, tuple[str, ...]] = {}
    if hold_out is not None:
        selection, further["split"] = selection.hold_out(hold_out, reading())
    source = _with_points(mapped.table, protocol)
    columns = {name: selection.pick(cells) for name, cells in source.columns.items()} | further
    told: tuple[Notice, ...] = ()
    if checked.image_path is not None:
        columns["image_path"], told = moved_paths(columns["image_path"], studies.parent, out)
    cohort = cohort_with(
        columns,
        selection,
        studies=mapped,
        reads=read_as_planned(reads, READS, protocol, reading=reading("reads")) if reads else None,
        labels=read_as_planned(labels, LABELS, protocol, reading=reading("labels")) if labels else None,
        boxes=boxes_table(boxes, reading()) if boxes else None,
    )
    return replace(cohort, notices=[*cohort.notices, *told])


def cohort_with(
    columns: Mapping[str, Sequence[str]],
    selection: Selection,
    *,
    reads: MappedTable | None,
    labels: MappedTable | None,
    boxes: MappedTable | None,
    studies: MappedTable | None = None,
) -> Cohort:
    """Make a cohort of the columns of its studies and of tables as they were read, with the notices of these.

    Raises:
        BadInputError: as `Selection.reads`, `Selection.boxes` and `trainable_labels`.
    """
    return Cohort(
        columns,
        selection.reads(reads) if reads else None,
        trainable_labels(labels.table, columns) if labels else None,
        selection.flow,
        selection.exclusions,
        selection.boxes(boxes) if boxes else None,
        [notice for given in (studies, reads, labels, boxes) if given for notice in given.notices],
    )


def _with_points(source: Table, protocol: Protocol | None) -> Table:
    """The studies with decimal points also in columns that nobody declared and that hold a decimal comma."""
    frame = source.frame.copy()
    known = {column.name for column in STUDIES.columns} | (protocol.number_columns if protocol else set())
    for name in set(map(str, frame)) - known if source.format.decimal == "," else ():
        if frame[name].str.fullmatch(DECIMAL_COMMA.pattern).any():
            frame[name] = source.with_points(frame[name])
    return replace(source, frame=frame)


def trainable_labels(
    source: Table, studies: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]] | None:
    """The labels of images in the cohort that are not for the test; None where there are none.

    Raises:
        BadInputError: as `labels_from`, or no image of the cohort has a label.
    """
    labelled = labels_from(source).image_id
    if set(labelled).isdisjoint(studies["image_id"]):
        raise BadInputError(
            f"{source.source}: has no label of any image of the cohort; image ids there look like {labelled[0]!r}, "
            f"those of the cohort like {studies['image_id'][0]!r}."
        )
    parts = studies.get("split", ("",) * len(studies["image_id"]))
    trainable = [image for image, part in zip(studies["image_id"], parts, strict=True) if part != Split.TEST]
    kept = source.only(source.frame["image_id"].isin(trainable).to_numpy())
    return kept.columns if kept.rows else None
