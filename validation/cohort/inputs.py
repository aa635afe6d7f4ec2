"""The files of one validation -> checked records and the identity of each file.

Owns the choice of tables and columns that a validation reads. The checks are `protocols.tables.checks`.
"""

from dataclasses import dataclass
from pathlib import Path

from protocols.cohorts.cohort import FlowStep, read_flow
from protocols.images.hashes import Inventory, read_inventory
from protocols.model_folder import OPERATING_POINT
from protocols.schema.protocol import Protocol
from protocols.storage.run_folder import RunFolder
from protocols.tables.boxes_and_marks import Boxes, Marks, boxes_from, marks_from
from protocols.tables.checks import predictions_from, reads_from, studies_from
from protocols.tables.column_mapping import (
    MappedTable,
    boxes_table,
    marks_table,
    predictions_table,
    reads_table,
    studies_table,
)
from protocols.tables.records import Predictions, Reads, Studies
from validation.results.results import Inputs


@dataclass(frozen=True, slots=True)
class InputFiles:
    """The files of one validation; those after ``predictions`` are optional."""

    studies: Path
    reads: Path
    predictions: Path
    operating_point: Path | None = None
    flow: Path | None = None
    boxes: Path | None = None
    marks: Path | None = None
    images: Path | None = None

    @property
    def one_table(self) -> bool:
        """Whether one file contains studies, truth and scores."""
        return self.studies == self.reads == self.predictions


def input_files(folder: RunFolder, protocol: Protocol) -> InputFiles:
    """Return the paths of a run folder's validation inputs.

    Raises:
        BadInputError: studies, reads or predictions are missing.
    """
    of_model = folder.model / OPERATING_POINT
    frozen = of_model if of_model.exists() else folder.inputs / OPERATING_POINT
    return InputFiles(
        studies=folder.require_input("studies"),
        reads=folder.require_input("reads"),
        predictions=folder.require_input("predictions"),
        operating_point=frozen if protocol.operating_point.origin else None,
        flow=folder.input("flow"),
        boxes=folder.input("boxes"),
        marks=folder.input("marks"),
        images=folder.input("images"),
    )


@dataclass(frozen=True, slots=True)
class Records:
    """The tables as checked records, studies in the order of image_id, and their identity.

    ``tables`` contains each table as it was read, in the order of the account.
    """

    studies: Studies
    reads: Reads
    predictions: Predictions
    boxes: Boxes | None
    marks: Marks | None
    inventory: Inventory | None
    source_flow: tuple[FlowStep, ...]
    identity: Inputs
    tables: tuple[MappedTable, ...]


def read_records(files: InputFiles, protocol: Protocol) -> Records:
    """Read and check every table.

    Raises:
        BadInputError: a table breaks the contract; names file, row and rule.
    """
    studies = studies_table(files.studies, protocol)
    reads = reads_table(files.reads, protocol, one_table=files.one_table)
    predictions = predictions_table(files.predictions, protocol, one_table=files.one_table)
    boxes = boxes_table(files.boxes) if files.boxes else None
    marks = marks_table(files.marks) if files.marks else None
    columns = protocol.number_columns | protocol.category_columns
    checked = Records(
        studies=studies_from(studies.table).by_image_id(),
        reads=reads_from(reads.table),
        predictions=predictions_from(predictions.table),
        boxes=boxes_from(boxes.table) if boxes else None,
        marks=marks_from(marks.table) if marks else None,
        inventory=read_inventory(files.images) if files.images else None,
        source_flow=read_flow(files.flow) if files.flow else (),
        identity=Inputs(
            studies=studies.identity(numeric=protocol.number_columns, further=columns),
            reads=reads.identity(),
            predictions=predictions.identity(),
            boxes=boxes.identity() if boxes else None,
            marks=marks.identity() if marks else None,
        ),
        tables=tuple(table for table in (studies, reads, predictions, boxes, marks) if table),
    )
    for column in sorted(protocol.number_columns):
        checked.studies.numbers(column)
    return checked
