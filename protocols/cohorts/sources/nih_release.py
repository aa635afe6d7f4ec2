"""The files of NIH ChestX-ray14: image list, official lists, image folders.

Owns every published form of them; `nih`, `google` and `rsna` make cohorts of them. Source: Wang et al., CVPR 2017
(arXiv 1705.02315), the README of the release, and the files themselves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.storage.reading import read_content
from protocols.tables.ages import years
from protocols.tables.checks import labels_from, studies_from
from protocols.tables.column_rules import STUDIES
from protocols.tables.reading import TEXT, Table, among, constant, listing, read_table
from protocols.tables.records import Split

FINDINGS = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Effusion",
    "Emphysema",
    "Fibrosis",
    "Hernia",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pleural_Thickening",
    "Pneumonia",
    "Pneumothorax",
)
NO_FINDING = "No Finding"
LABELS = (*FINDINGS, NO_FINDING)
# Gender in the release of 2017 and the sample set, Sex in later copies.
SEX_HEADINGS = ("Patient Gender", "Patient Sex")
ENTRY_COLUMNS = ("Image Index", "Finding Labels", "Patient ID", "Patient Age", "View Position")
BINARY_COLUMNS = ("Image", "PatientId")


@dataclass(frozen=True, slots=True)
class Entries:
    """NIH's image list: one entry per image, in the order of the file.

    Attributes:
        studies: the contract's five columns of studies; age in years, empty where the form has none.
        findings: the text-mined label, ``1``, ``0`` or empty, of each image, one column for each of `LABELS`.
    """

    studies: pd.DataFrame
    findings: pd.DataFrame

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> "Entries":
        """Return the entries at these positions, in this order."""
        return Entries(
            *(frame.iloc[list(rows)].reset_index(drop=True) for frame in (self.studies, self.findings))
        )


def read_entries(path: Path) -> Entries:
    """Read Data_Entry_2017 (either release), the sample set's labels, or a CheXNeXt-style 0/1 table.

    The unquoted ``OriginalImage[Width,Height]`` of Data_Entry splits into two header cells over two
    columns of numbers, and its older release ends every line with a comma. These columns are not
    used, nor are the other acquisition columns.

    Raises:
        BadInputError: as `read_table`; none of these forms; a finding that NIH does not have; a duplicate image,
            or an empty identifier.
    """
    table = read_table(path)
    if set(ENTRY_COLUMNS) <= set(table.frame):
        entries = _from_label_lists(table)
    elif set(BINARY_COLUMNS) <= set(table.frame):
        entries = _from_binary_columns(table)
    else:
        raise BadInputError(
            f"{path}: is neither Data_Entry_2017 (columns {listing(ENTRY_COLUMNS)}) nor a 0/1 table "
            f"(columns {listing(BINARY_COLUMNS)} and one per finding); it has {listing(table.frame)}."
        )
    studies_from(replace(table, frame=entries.studies))
    return entries.take(range(table.rows))


def read_entries_of(images: pd.Series, table: Table, metadata: Path) -> Entries:
    """Read the entry of every image that another table names, in that table's order.

    Args:
        images: one image name per row of ``table``; duplicates are allowed.
        table: the table of the names, for the message.
        metadata: as `read_entries` reads it.

    Raises:
        BadInputError: as `read_entries`, or an image is not in ``metadata``.
    """
    entries = read_entries(metadata)
    unknown = ~among(images, entries.studies["image_id"])
    if unknown.any():
        name = images[unknown].iloc[0]
        table.refuse(
            unknown, f"image {name!r} is not in {metadata}; give NIH's complete Data_Entry_2017 file."
        )
    return entries.take(pd.Index(entries.studies["image_id"]).get_indexer(images))


def read_official_lists(train_val: Path | None, test: Path | None) -> dict[str, str]:
    """Read NIH's own split: image name -> ``train`` or ``test``; one list may be absent.

    Raises:
        BadInputError: a list cannot be read as lines of UTF-8 text, is empty, or both name an image.
    """
    split: dict[str, str] = {}
    for path, part in ((train_val, Split.TRAIN), (test, Split.TEST)):
        if path is None:
            continue
        names = _read_lines(path)
        twice = split.keys() & names
        if twice:
            raise BadInputError(
                f"{path}: image {min(twice)!r} is in the other official list too; an image is for "
                "training or for the test, not both."
            )
        split |= dict.fromkeys(names, str(part))
    return split


def find_images(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """Find the files of these names in the image folders; a name without a file is left out.

    Args:
        folder: contains the images themselves, a folder ``images``, or NIH's twelve, ``images_001`` to
            ``images_012``, each with or without a folder ``images`` inside.
        names: the images to find; other files are ignored.

    Raises:
        BadInputError: there is no such folder, or one of the names is in two folders.
    """
    if not folder.is_dir():
        raise BadInputError(
            f"{folder}: is not a folder; give the one that contains the images, or images_001 and so on."
        )
    wanted = frozenset(names)
    parts = sorted(folder.glob("images_[0-9][0-9][0-9]"))
    places = [folder, folder / "images", *parts, *(part / "images" for part in parts)]
    found: dict[str, Path] = {}
    for place in filter(Path.is_dir, places):
        for file in place.iterdir():
            if file.name not in wanted:
                continue
            if file.name in found:
                raise BadInputError(f"{file}: is in {found[file.name].parent} too; keep one of the two.")
            found[file.name] = file
    return found


def _from_label_lists(table: Table) -> Entries:
    frame = table.frame
    heading = next((name for name in SEX_HEADINGS if name in frame), None)
    if heading is None:
        raise BadInputError(
            f"{table.source}: a column {SEX_HEADINGS[0]!r} or {SEX_HEADINGS[1]!r} is missing; "
            f"the file has {listing(frame)}."
        )
    lists = frame["Finding Labels"]
    named = {cell: cell.split("|") for cell in lists.unique()}
    for cell, names in named.items():
        for name in names:
            if name not in LABELS:
                table.refuse(lists == cell, f"finding {name!r} is not NIH's; those are {listing(LABELS)}.")
    marks = {label: {cell: str(int(label in names)) for cell, names in named.items()} for label in LABELS}
    years_of = {cell: years(cell) for cell in frame["Patient Age"].unique()}
    cells = (
        *(frame["Image Index"], frame["Patient ID"], frame["Patient Age"].map(years_of).astype(TEXT)),
        *(frame[heading], frame["View Position"]),
    )
    return Entries(
        pd.DataFrame(dict(zip(STUDIES.required, cells, strict=True))),
        pd.DataFrame({label: lists.map(of).astype(TEXT) for label, of in marks.items()}),
    )


def _from_binary_columns(table: Table) -> Entries:
    frame = table.frame
    for name in FINDINGS:
        if name not in frame:
            raise BadInputError(
                f"{table.source}: the column of finding {name!r} is missing; a 0/1 table has all fourteen."
            )
    findings = frame[list(FINDINGS)]
    labels_from(replace(table, frame=findings.assign(image_id=frame["Image"])))
    nothing = constant("", frame)
    cells = (frame["Image"], frame["PatientId"], nothing, nothing, nothing)
    # "No Finding" is the absence of all fourteen; unknown while one is unknown and none is there
    absent = np.where((findings == "").any(axis=1), "", "1")
    none = pd.Series(np.where((findings == "1").any(axis=1), "0", absent), index=frame.index, dtype=TEXT)
    return Entries(
        pd.DataFrame(dict(zip(STUDIES.required, cells, strict=True))), findings.assign(**{NO_FINDING: none})
    )


def _read_lines(path: Path) -> frozenset[str]:
    try:
        names = frozenset(line.strip() for line in read_content(path).decode("utf-8-sig").splitlines())
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    if not names - {""}:
        raise BadInputError(f"{path}: names no image; an official list has one image name per line.")
    return names - {""}
