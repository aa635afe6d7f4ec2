"""Options that all cohort sources share: the output folder, the images to take, and further tables.

Owns how those tables are read. A source's command owns which options it offers; their effect is `assembly`'s.
"""

from dataclasses import dataclass
from pathlib import Path

from protocols.progress import Progress, silent
from protocols.schema.input_tables import Format
from protocols.schema.protocol import Protocol
from protocols.tables.column_mapping import MappedTable, boxes_table, read_as_planned
from protocols.tables.column_rules import BOXES, TableRule
from protocols.tables.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRequest:
    """The options that sources share.

    Attributes:
        out: the folder to write the cohort to; image paths are relative to it.
        images: the image folder; images without a file there are excluded.
        within: a table whose first column names the images to keep.
        hold_out: a table whose first column names the test images; see `Selection.hold_out`.
        reads: readers' verdicts, by the same image ids.
        training_labels: labels to train on; those of test images and of excluded images are dropped.
        boxes: boxes around the finding, by the same image ids.
        protocol: its [columns], [values] and [format] are applied to studies, reads and labels.
        delimiter, decimal: of all CSV files, in place of the protocol's; ``tab`` is a tab.
        sheet: of all workbooks.
        progress: called after each file that a source opens.
    """

    out: Path
    images: Path | None = None
    within: Path | None = None
    hold_out: Path | None = None
    reads: Path | None = None
    training_labels: Path | None = None
    boxes: Path | None = None
    protocol: Protocol | None = None
    delimiter: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    progress: Progress = silent

    def reading(self, table: str | None = None) -> Reading:
        """Return the format of a file: studies, reads or labels by name; None for a list and for boxes."""
        planned = getattr(self.protocol.format, table) if self.protocol and table else Format()
        delimiter = "\t" if self.delimiter == "tab" else self.delimiter
        given = {"delimiter": delimiter or planned.delimiter, "decimal": self.decimal or planned.decimal}
        return Reading(table, Format.model_validate(given), self.sheet)

    def read(self, path: Path, rule: TableRule) -> MappedTable:
        """Read a table in the format of the request.

        Raises:
            BadInputError: as `read_as_planned`.
        """
        if rule is BOXES:
            return boxes_table(path, self.reading())
        return read_as_planned(path, rule, self.protocol, reading=self.reading(rule.table))
