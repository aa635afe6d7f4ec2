"""Assemble a cohort from a source's selection, its columns and a request: lists, split, studies, reads, labels, boxes.

Owns the steps that every source shares and their order. Each source owns the meaning of its rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.selection import Cells, Selection
from protocols.errors import BadInputError
from protocols.tables.checks import labels_from
from protocols.tables.column_rules import BOXES, FINDING, LABELS, READS
from protocols.tables.reading import Table
from protocols.tables.records import Split

Columns = Mapping[str, Cells] | pd.DataFrame  # one cell per row of the source
NONE: Mapping[str, Cells] = MappingProxyType({})


def finish_cohort(
    selection: Selection,
    studies: Columns,
    request: CohortRequest,
    *,
    split: Callable[[Selection], tuple[Selection, Sequence[str]]] | None = None,
    further: Columns = NONE,
    labels: Columns | None = None,
    reader: str = "",
    verdicts: Columns = NONE,
) -> Cohort:
    """Apply the request's lists to a source, and return the cohort of the images that stay.

    Args:
        selection: the rows of the source, and which of them remain.
        studies: the columns of studies.
        request: the user's options; the source handles the image folder.
        split: divides the selection by the source's own rule, instead of ``hold_out``.
        further: columns of studies after the split.
        labels: training labels of the source, instead of the request's.
        reader: the reader of the source's own verdicts.
        verdicts: the source's own verdicts by finding, instead of the request's reads; the column that names the
            finding is written where there are several.

    Raises:
        BadInputError: no image is left, or a list or table breaks its rule or belongs to other images.
    """
    if request.within is not None:
        selection = selection.within(request.within, request.reading())
    division: dict[str, Sequence[str]] = {}
    if split is not None:
        selection, division["split"] = split(selection)
    elif request.hold_out is not None:
        selection, division["split"] = selection.hold_out(request.hold_out, request.reading())
    columns = _picked(selection, studies) | division | _picked(selection, further)
    reads, training_labels, boxes = (
        request.read(path, rule) if path else None
        for path, rule in ((request.reads, READS), (request.training_labels, LABELS), (request.boxes, BOXES))
    )
    if training_labels is not None:
        kept_labels = _labels_of(training_labels.table, columns)
    else:
        kept_labels = _own_labels(selection, labels, columns) if labels is not None else None
    return Cohort(
        columns,
        selection.reads(reads) if reads else _own_reads(selection, reader, verdicts),
        kept_labels,
        selection.flow,
        selection.exclusions,
        selection.boxes(boxes) if boxes else None,
        [notice for given in (reads, training_labels, boxes) if given for notice in given.notices],
    )


def _picked(selection: Selection, columns: Columns) -> dict[str, Sequence[str]]:
    return {str(name): selection.pick(cells) for name, cells in columns.items()}


def _own_reads(selection: Selection, reader: str, verdicts: Columns) -> dict[str, Sequence[str]] | None:
    """Return one read per image and finding; None without verdicts."""
    if not len(verdicts):
        return None
    cells = _picked(selection, verdicts)
    images = selection.pick(selection.image_id)
    reads: dict[str, Sequence[str]] = {
        "image_id": images * len(cells),
        "reader_id": (reader,) * (len(images) * len(cells)),
        "verdict": tuple(verdict for column in cells.values() for verdict in column),
    }
    if len(cells) > 1:
        reads[FINDING] = tuple(finding for finding in cells for _ in images)
    return reads


def _own_labels(
    selection: Selection, labels: Columns, studies: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]] | None:
    """Return the source's labels of images outside the test split; None where there is no such image."""
    trainable = _trainable(studies)
    rows = tuple(row for row in selection.kept if selection.image_id[row] in trainable)
    return _picked(replace(selection, kept=rows), labels) if rows else None


def _labels_of(table: Table, studies: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]] | None:
    """Return the rows of a table of labels for images outside the test split; None where there is none.

    Raises:
        BadInputError: as `labels_from`, or no image of the cohort has a label.
    """
    labelled = labels_from(table).image_id
    if set(labelled).isdisjoint(studies["image_id"]):
        raise BadInputError(
            f"{table.source}: has no label of any image of the cohort; image ids there look like {labelled[0]!r}, "
            f"those of the cohort like {studies['image_id'][0]!r}."
        )
    kept = table.only(table.frame["image_id"].isin(_trainable(studies)).to_numpy())
    return dict(kept.columns.items()) if kept.rows else None


def _trainable(studies: Mapping[str, Sequence[str]]) -> frozenset[str]:
    parts = studies.get("split", ("",) * len(studies["image_id"]))
    return frozenset(
        image for image, part in zip(studies["image_id"], parts, strict=True) if part != Split.TEST
    )
