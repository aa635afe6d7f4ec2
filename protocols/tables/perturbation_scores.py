"""The perturbation set: the changes made to the images, and the score of every image after each of them.

Owns the two tables that `model` writes and `validation` reads, and their folder. The changes are made in
`model.inference.perturbations` and `model.inference.occlusions`; the scores are analysed in
`validation.analyses.robustness`.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.storage.canonical import csv_text
from protocols.storage.reading import read_content
from protocols.storage.run_folder import RunFolder

SCORE_PLACES = 6
ITEM_COLUMNS = ("perturbation", "family", "withholds", "name", "does")
SCORE_COLUMNS = ("image_id", "perturbation", "score")

Family = Literal["repeat", "perturbation", "shortcut"]
Withheld = Literal["", "lungs", "markers", "everything"]
UNCHANGED, REPEATED = "unchanged", "repeated"


@dataclass(frozen=True, slots=True)
class PerturbationItem:
    """One way in which every image was scored.

    Attributes:
        id: its name in the tables; ``unchanged`` and ``repeated`` score the unchanged images.
        family: ``repeat``, ``perturbation`` (a plausible change of the image) or ``shortcut`` (a part is hidden).
        withholds: the part that is hidden from the device; empty where none is.
        name: a few words.
        does: one sentence that describes the change.
    """

    id: str
    family: Family
    withholds: Withheld
    name: str
    does: str


@dataclass(frozen=True, slots=True)
class PerturbationScores:
    """Scores of the same images under every item.

    Attributes:
        items: ``unchanged`` first, ``repeated`` second, then the perturbation set in its order.
        image_id: the images that were scored, in the order of the studies.
        score: shape (items, images), in [0, 1] with 6 decimals; NaN where the device's output was not a number.
    """

    items: tuple[PerturbationItem, ...]
    image_id: tuple[str, ...]
    score: NDArray[np.float64]

    def items_csv(self) -> str:
        """Return the table of the items as CSV."""
        rows = [(item.id, item.family, item.withholds, item.name, item.does) for item in self.items]
        return csv_text(ITEM_COLUMNS, rows)

    def scores_csv(self) -> str:
        """Return the table of the scores as CSV, item by item; NaN is an empty cell."""
        return csv_text(
            SCORE_COLUMNS,
            (
                (image, item.id, "" if np.isnan(score) else f"{score:.{SCORE_PLACES}f}")
                for item, scores in zip(self.items, self.score, strict=True)
                for image, score in zip(self.image_id, scores, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class PerturbationFolder:
    """The folder of a run's robustness test."""

    root: Path

    @property
    def items(self) -> Path:
        """The perturbation set."""
        return self.root / "perturbations.csv"

    @property
    def scores(self) -> Path:
        """The score of every image under each item."""
        return self.root / "scores.csv"

    @property
    def timing(self) -> Path:
        """The time per image; volatile: hashed, never compared."""
        return self.root / "timing.json"

    @property
    def results(self) -> Path:
        """The results of the analysis of the scores."""
        return self.root / "results.json"

    @classmethod
    def of(cls, run: RunFolder) -> Self:
        """Return the folder of a run, existing or not."""
        return cls(run.root / "robustness")

    def read(self) -> PerturbationScores:
        """Read both tables.

        Raises:
            BadInputError: one is missing or not as `robustness` writes it.
        """
        items = tuple(_item(row, self.items) for row in _rows(self.items, ITEM_COLUMNS))
        rows = _rows(self.scores, SCORE_COLUMNS)
        images = tuple(dict.fromkeys(image for image, _, _ in rows))
        names = [item.id for item in items]
        expected = [(image, name) for name in names for image in images]
        if names[:2] != [UNCHANGED, REPEATED] or len(set(names)) != len(names):
            raise BadInputError(
                f"{self.items}: must begin with {UNCHANGED!r} and {REPEATED!r} and name each perturbation once."
            )
        if not images or [(image, name) for image, name, _ in rows] != expected:
            raise BadInputError(
                f"{self.scores}: must contain every image once for each line of {self.items.name}, in its order; "
                "run `robustness` again."
            )
        score = np.array([_score(text, self.scores) for _, _, text in rows]).reshape(len(items), len(images))
        return PerturbationScores(items, images, score)


def largest_distance(recorded: PerturbationScores, recomputed: PerturbationScores) -> float | None:
    """Return the largest difference between scores of the same image and item; None where images or items differ."""
    if recorded.items != recomputed.items or recorded.image_id != recomputed.image_id:
        return None
    there = ~np.isnan(recorded.score)
    if bool((there == np.isnan(recomputed.score)).any()):
        return None
    # Scores have 6 decimals; their difference also has the error of binary fractions.
    distance = np.round(np.abs(recorded.score - recomputed.score)[there], 9)
    return float(distance.max(initial=0.0))


def _rows(path: Path, columns: Sequence[str]) -> list[list[str]]:
    content = read_content(path, next_step="run `robustness` on the run folder")
    try:
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    except (ValueError, csv.Error) as error:
        raise BadInputError(
            f"{path}: is not a table as `robustness` writes it; run `robustness` again."
        ) from error
    if header != list(columns) or any(len(row) != len(columns) for row in rows):
        raise BadInputError(f"{path}: must have the columns {', '.join(columns)} in every line.")
    return rows


def _item(row: Sequence[str], path: Path) -> PerturbationItem:
    id_, family, withholds, name, does = row
    for known in get_args(Family):
        for hidden in get_args(Withheld):
            if (known, hidden) == (family, withholds):
                return PerturbationItem(id_, known, hidden, name, does)
    raise BadInputError(
        f"{path}: {id_!r} has family {family!r} and withholds {withholds!r}, which are not both known; run "
        "`robustness` again."
    )


def _score(text: str, path: Path) -> float:
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise BadInputError(f"{path}: a score is {text!r}; it must be in [0, 1] or empty.")
    return value
