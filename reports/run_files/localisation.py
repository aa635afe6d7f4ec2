"""Localisation as a report prints it: the pointing game in rows, and the illustrations of the model folder.

Owns the selection, the notes on missing values, and the reading of illustrations.csv. `reports` never imports `model`:
table and illustrations are evidence, and are read as such. Numbers are those of results.json.
"""

import base64
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from protocols.errors import BadInputError
from protocols.model_folder import ILLUSTRATION_COLUMNS, ILLUSTRATIONS, OVERLAYS, THUMBNAILS
from reports.language.formatting import between, decimal, signed
from reports.language.missing_value_notes import missing_value_notes
from reports.language.names import BASELINES
from validation.results.results import Results
from validation.results.secondary import Localisation, Localised

IMAGE_NAME = re.compile(rf"({THUMBNAILS}|{OVERLAYS})/[0-9]+\.png")
PNG = b"\x89PNG\r\n\x1a\n"
OUTCOMES = ("FN", "FP", "TP")


@dataclass(frozen=True, slots=True)
class Illustration:
    """One image, plain and with its saliency map, both as ``data:`` URIs."""

    image_id: str
    score: float
    boxes: int
    thumbnail: str
    overlay: str


@dataclass(frozen=True, slots=True)
class LocalisationReport:
    """What a report shows of where the device looks.

    Attributes:
        result: None where the run has no boxes or no marks.
        rows: all images, then those that test positive and negative, by name.
        notes: which values are missing, and why.
        illustrations: outcome and its images, in the order of the table; empty where the run has none.
    """

    result: Localisation | None
    rows: tuple[tuple[str, Localised], ...]
    notes: tuple[str, ...]
    illustrations: tuple[tuple[str, tuple[Illustration, ...]], ...]

    @property
    def points_better(self) -> bool | None:
        """Whether the device hits more often than the best baseline; None where not measured."""
        best = self.result.best_baseline if self.result else None
        if best is None or best.difference.value is None:
            return None
        low = best.difference.interval[0] if best.difference.interval else 0.0
        return best.difference.value > 0 and low > 0

    @property
    def finding(self) -> str:
        """The device compared with the best baseline, which ignores the image; empty where not measured."""
        best = self.result.best_baseline if self.result else None
        if best is None or best.difference.value is None:
            return ""
        difference, bounds = best.difference.value, best.difference.interval
        shown = f"(difference {signed(difference)}, {between(bounds)})"
        against = f"{BASELINES[best.name][:1].lower()}{BASELINES[best.name][1:]} {decimal(best.hit_rate)}"
        if self.points_better:
            return (
                f"The device points at the finding more often than the best baseline does: {against} {shown}."
            )
        if bounds and bounds[1] < 0:
            return (
                f"The device points at the finding less often than the best baseline does: {against} {shown}."
            )
        return f"The device is not shown to point at the finding more often than the best baseline: {against} {shown}."


def look_of(model: Path, results: Results) -> LocalisationReport | None:
    """Read the localisation of a run; None where there is none.

    Args:
        model: model folder of a run, which may be absent.
        results: of the run.

    Raises:
        BadInputError: illustrations.csv is not as `run` writes it, or an image that it names is missing.
    """
    result = results.localisation
    illustrations = _illustrations(model)
    if result is None and not illustrations:
        return None
    rows = (
        (("All", result.whole), ("Called positive", result.called), ("Called negative", result.not_called))
        if result
        else ()
    )
    notes = missing_value_notes(
        [
            (measured.note, f"{what}, {name.lower()}")
            for name, row in rows
            for what, measured in (("hit rate", row.hit_rate), ("overlap", row.overlap))
        ]
    )
    return LocalisationReport(result, rows, notes, illustrations)


def _illustrations(model: Path) -> tuple[tuple[str, tuple[Illustration, ...]], ...]:
    path = model / ILLUSTRATIONS
    if not path.exists():
        return ()
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if rows and set(rows[0]) != set(ILLUSTRATION_COLUMNS):
            raise ValueError(f"columns {sorted(rows[0])}")
        return tuple(_by_outcome(model, rows))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInputError(
            f"{path}: is not as `run` writes it, or an image that it names is missing ({error}); restore the folder."
        ) from error


def _by_outcome(model: Path, rows: list[dict[str, str]]) -> Iterator[tuple[str, tuple[Illustration, ...]]]:
    for outcome in OUTCOMES:
        found = tuple(
            Illustration(
                image_id=row["image_id"],
                score=float(row["score"]),
                boxes=int(row["boxes"]),
                thumbnail=_data_uri(model, row["thumbnail"]),
                overlay=_data_uri(model, row["overlay"]),
            )
            for row in rows
            if row["outcome"] == outcome
        )
        if found:
            yield outcome, found


def _data_uri(model: Path, name: str) -> str:
    """Return an image of the folder as a ``data:`` URI; nothing outside its two folders is ever read."""
    if not IMAGE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not an image name of `run`")
    content = (model / name).read_bytes()
    if not content.startswith(PNG):
        raise ValueError(f"{name!r} is not a PNG")
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"
