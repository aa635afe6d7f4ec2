"""The images of a source that stay in the cohort, and the record of those that leave.

Owns the steps of a source's flow, the two lists a user may give (`within`, `hold_out`), and which reads and boxes stay
with the images. Each source owns the meaning of its steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from protocols.cohorts.cohort import Exclusion, FlowStep
from protocols.errors import BadInputError
from protocols.tables.boxes_and_marks import boxes_from
from protocols.tables.checks import reads_from
from protocols.tables.column_mapping import MappedTable
from protocols.tables.reading import AS_IT_IS, WHITE_SPACE, Reading, Table, read_table
from protocols.tables.records import Split

Cells = Sequence[str] | pd.Series  # of a column, one entry per row of the source

SOURCE = "source"
NOT_WITHIN = "not_within"
PATIENT_HELD_OUT = "patient_held_out"


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows of a source, which of them remain, and how the others left.

    Attributes:
        image_id: one entry per row of the source; a source may have duplicates until a step removes them.
        patient_id: the patient of each row.
        kept: positions of the remaining rows, ascending.
        flow: ``source`` with all rows first, then one step per reason to leave, with the numbers of images and of
            their patients.
        exclusions: one entry per row that left, in the order of the steps and, within a step, of the source.
    """

    image_id: Sequence[str]
    patient_id: Sequence[str]
    kept: tuple[int, ...]
    flow: tuple[FlowStep, ...]
    exclusions: tuple[Exclusion, ...] = ()

    @classmethod
    def of_source(cls, image_id: Cells, patient_id: Cells, reason: str) -> "Selection":
        """Select every row of a source; ``reason`` describes the source."""
        start = FlowStep(SOURCE, len(image_id), len(set(patient_id)), reason)
        images, patients = (tuple(np.asarray(cells, dtype=object)) for cells in (image_id, patient_id))
        return cls(images, patients, tuple(range(len(images))), (start,))

    def pick(self, cells: Cells) -> tuple[str, ...]:
        """Return the cells of a column of the source for the remaining rows."""
        return tuple(np.asarray(cells, dtype=object)[list(self.kept)].tolist())

    def without(self, step: str, reason: str, leaving: Mapping[int, str]) -> "Selection":
        """Return the selection after a step of the flow.

        Args:
            step: the name of the step.
            reason: why images leave there, for the flow.
            leaving: position of a remaining row -> why it leaves, for the exclusions.

        Raises:
            BadInputError: no image would be left.
        """
        gone = [row for row in self.kept if row in leaving]
        if len(gone) == len(self.kept):
            raise BadInputError(
                f"No image is left after step {step!r} ({reason}); check that the files belong together."
            )
        patients = len({self.patient_id[row] for row in gone})
        return replace(
            self,
            kept=tuple(row for row in self.kept if row not in leaving),
            flow=(*self.flow, FlowStep(step, len(gone), patients, reason)),
            exclusions=(
                *self.exclusions,
                *(Exclusion(self.image_id[row], step, leaving[row]) for row in gone),
            ),
        )

    def within(self, file: Path, reading: Reading = AS_IT_IS) -> "Selection":
        """Keep the images that a list names, such as those not used in training.

        Args:
            file: a table whose first column is the image id.
            reading: how the file is read.

        Raises:
            BadInputError: as `read_table`, or the list names no remaining image.
        """
        listed = self._listed(file, reading)
        reason = f"not in {file.name}"
        leaving = {row: reason for row in self.kept if self.image_id[row] not in listed}
        return self.without(NOT_WITHIN, reason, leaving)

    def hold_out(self, file: Path, reading: Reading = AS_IT_IS) -> tuple["Selection", tuple[str, ...]]:
        """Hold the patients of the listed images out for the test.

        The listed images are the test split; images of patients without a listed image are the training split. Other
        images of a held-out patient leave: they are not listed for the test, and training on them would leak the
        patient. A listed image that left at an earlier step holds no patient out.

        Args:
            file: a table whose first column is the image id.
            reading: how the file is read.

        Returns:
            The selection and the split, ``train`` or ``test``, of each remaining row.

        Raises:
            BadInputError: as `read_table`, or the list names no remaining image.
        """
        listed = self._listed(file, reading)
        held = {self.patient_id[row] for row in self.kept if self.image_id[row] in listed}
        reason = f"of a patient held out by {file.name}, which does not list the image"
        leaving = {
            row: reason
            for row in self.kept
            if self.patient_id[row] in held and self.image_id[row] not in listed
        }
        left = self.without(PATIENT_HELD_OUT, reason, leaving)
        split = tuple(Split.TEST if image in listed else Split.TRAIN for image in left.pick(left.image_id))
        return left, tuple(map(str, split))

    def reads(self, given: MappedTable) -> dict[str, tuple[str, ...]]:
        """Return the readers' verdicts for the images that stay.

        A read leaves with its image. A read of an image that the source does not have is kept, so that `validate`
        counts it as unused and a wrong identifier stays visible.

        Raises:
            BadInputError: as `reads_from`, or no image that stays has a read.
        """
        return self._carried(given.table, reads_from(given.table).image_id, "read")

    def boxes(self, given: MappedTable) -> dict[str, tuple[str, ...]]:
        """Return the boxes around the finding for the images that stay, as `reads` does for verdicts.

        Raises:
            BadInputError: as `boxes_from`, or no image that stays has a box.
        """
        return self._carried(given.table, boxes_from(given.table).image_id, "box")

    def _carried(self, table: Table, images: Sequence[str], noun: str) -> dict[str, tuple[str, ...]]:
        staying = set(self.pick(self.image_id))
        if staying.isdisjoint(images):
            raise BadInputError(
                f"{table.source}: has no {noun} of any image of the cohort; image ids there look like {images[0]!r}, "
                f"those of the cohort like {self.image_id[self.kept[0]]!r}."
            )
        left = set(self.image_id) - staying
        return table.only(~table.frame["image_id"].isin(left).to_numpy()).columns

    def _listed(self, file: Path, reading: Reading) -> frozenset[str]:
        frame = read_table(file, reading).frame
        listed = frozenset(frame.iloc[:, 0].str.strip(WHITE_SPACE))
        if listed.isdisjoint(self.pick(self.image_id)):
            raise BadInputError(
                f"{file}: the first column, {frame.columns[0]!r}, names no image of the cohort; it must contain image "
                f"ids such as {self.image_id[self.kept[0]]!r}."
            )
        return listed
