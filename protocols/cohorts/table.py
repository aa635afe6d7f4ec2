"""Cohort source ``table``: any site's own tables in the contract's columns, checked and passed on.

Owns nothing of the columns' meaning (that is `protocols.records`); it writes ages given as age strings
in years and points image paths at the new folder.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from protocols.admission import labels_from, studies_from
from protocols.cohorts.age import years
from protocols.cohorts.folder import Cohort
from protocols.cohorts.image_paths import relative_paths
from protocols.cohorts.selection import Selection
from protocols.errors import BadInputError
from protocols.records import Split
from protocols.tables import read_table


def table(
    studies: Path,
    *,
    out: Path,
    reads: Path | None = None,
    labels: Path | None = None,
    within: Path | None = None,
    hold_out: Path | None = None,
    boxes: Path | None = None,
) -> Cohort:
    """Make a cohort of a site's own tables.

    Args:
        studies: one row an image, in the contract's columns; further columns are kept.
        out: the folder the cohort will be written to; image paths become relative to it.
        reads: readers' verdicts.
        labels: training labels; those of test images and of images that leave are dropped.
        within: a table whose first column names the images to keep.
        hold_out: a table whose first column names the test images; see `Selection.hold_out`.
        boxes: boxes around the finding.

    Returns:
        The cohort, rows and columns in the order of the files.

    Raises:
        BadInputError: a table breaks the contract, no image is left, or ``hold_out`` is given for
            studies that already say their split.
    """
    source = read_table(studies)
    checked = studies_from(source)
    if hold_out is not None and checked.split is not None:
        raise BadInputError(
            f"{studies}: already has a column 'split' and a hold-out list would write another; "
            "leave one of the two out."
        )
    selection = Selection.of_source(checked.image_id, checked.patient_id, f"images of {studies.name}")
    if within is not None:
        selection = selection.within(within)
    further: dict[str, tuple[str, ...]] = {}
    if hold_out is not None:
        selection, further["split"] = selection.hold_out(hold_out)
    columns = {name: selection.pick(cells) for name, cells in source.columns.items()} | further
    columns["age_years"] = tuple(years(cell) for cell in columns["age_years"])
    if checked.image_path is not None:
        columns["image_path"] = _moved(columns["image_path"], studies.parent, out)
    return Cohort(
        columns,
        None if reads is None else selection.reads(reads),
        None if labels is None else trainable_labels(labels, columns),
        selection.flow,
        selection.exclusions,
        None if boxes is None else selection.boxes(boxes),
    )


def _moved(paths: tuple[str, ...], home: Path, out: Path) -> tuple[str, ...]:
    """Paths as seen from ``out`` instead of ``home``; an image without a path has none there either."""
    known = [path for path in paths if path]
    moved = dict(zip(known, relative_paths([home / path for path in known], out), strict=True))
    return tuple(moved.get(path, "") for path in paths)


def trainable_labels(file: Path, studies: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]] | None:
    """The labels of images in the cohort that are not for the test; None where there are none.

    Raises:
        BadInputError: as `read_table` and `labels_from`, or no image of the cohort has a label.
    """
    source = read_table(file)
    labelled = labels_from(source).image_id
    if set(labelled).isdisjoint(studies["image_id"]):
        raise BadInputError(
            f"{file}: has no label of any image of the cohort; image ids there look like {labelled[0]!r}, "
            f"those of the cohort like {studies['image_id'][0]!r}."
        )
    parts = studies.get("split", ("",) * len(studies["image_id"]))
    trainable = {image for image, part in zip(studies["image_id"], parts, strict=True) if part != Split.TEST}
    rows = [row for row, image in enumerate(labelled) if image in trainable]
    if not rows:
        return None
    return {name: tuple(cells[row] for row in rows) for name, cells in source.columns.items()}
