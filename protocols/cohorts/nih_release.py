"""NIH ChestX-ray14 as its files stand on disk: image list, official lists, image folders.

Owns every published form of them. What a cohort makes of them is `nih` and `rsna`. Source: Wang et
al., CVPR 2017 (arXiv 1705.02315), the README of the release, and the files themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.admission import labels_from, studies_from
from protocols.cohorts.age import years
from protocols.column_rules import STUDIES
from protocols.errors import BadInputError
from protocols.records import Split
from protocols.tables import Table, listing, read_table

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
# The release of 2017 and the sample set say Gender; later copies of the file say Sex.
SEX_HEADINGS = ("Patient Gender", "Patient Sex")
ENTRY_COLUMNS = ("Image Index", "Finding Labels", "Patient ID", "Patient Age", "View Position")
BINARY_COLUMNS = ("Image", "PatientId")


@dataclass(frozen=True, slots=True)
class Entries:
    """NIH's image list: one entry an image, in the order of the file.

    Attributes:
        studies: the contract's five columns of studies; age in years, empty where the form has none.
        findings: the text-mined label, ``1``, ``0`` or empty, of each image for each name in `LABELS`.
    """

    studies: Mapping[str, Sequence[str]]
    findings: Mapping[str, Sequence[str]]

    def take(self, rows: Sequence[int]) -> "Entries":
        """The entries at these positions, in this order."""
        return Entries(_taken(self.studies, rows), _taken(self.findings, rows))


def read_entries(path: Path) -> Entries:
    """Read Data_Entry_2017 (either release), the sample set's labels, or a CheXNeXt-style 0/1 table.

    The unquoted ``OriginalImage[Width,Height]`` of Data_Entry splits into two header cells over two
    columns of numbers, and its older release ends every line with a comma: both are columns that
    nobody needs, and are left out with the other acquisition columns.

    Raises:
        BadInputError: as `read_table`; none of these forms; a finding that NIH does not have; an image
            twice there, or an empty identifier.
    """
    table = read_table(path)
    if set(ENTRY_COLUMNS) <= set(table.columns):
        entries = _from_label_lists(table)
    elif set(BINARY_COLUMNS) <= set(table.columns):
        entries = _from_binary_columns(table)
    else:
        raise BadInputError(
            f"{path}: is neither Data_Entry_2017 (columns {listing(ENTRY_COLUMNS)}) nor a 0/1 table "
            f"(columns {listing(BINARY_COLUMNS)} and one a finding); it has {listing(table.columns)}."
        )
    studies_from(Table.of(table.source, {name: entries.studies[name] for name in STUDIES.required}))
    return entries


def read_official_lists(train_val: Path | None, test: Path | None) -> dict[str, str]:
    """NIH's own split: image name -> ``train`` or ``test``. One list alone names one part.

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
    """The files of these names, wherever in the image folders they lie; a name without a file is left out.

    Args:
        folder: holds the images themselves, a folder ``images``, or NIH's twelve, ``images_001`` to
            ``images_012``, each with or without a folder ``images`` inside.
        names: the images asked for; any other file is passed over.

    Raises:
        BadInputError: there is no such folder, or one of the names stands in two folders.
    """
    if not folder.is_dir():
        raise BadInputError(
            f"{folder}: is not a folder; give the one that holds the images, or images_001 and so on."
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
                raise BadInputError(f"{file}: stands in {found[file.name].parent} too; keep one of the two.")
            found[file.name] = file
    return found


def _taken(columns: Mapping[str, Sequence[str]], rows: Sequence[int]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(cells[row] for row in rows) for name, cells in columns.items()}


def _from_label_lists(table: Table) -> Entries:
    columns = table.columns
    heading = next((name for name in SEX_HEADINGS if name in columns), None)
    if heading is None:
        raise BadInputError(
            f"{table.source}: a column {SEX_HEADINGS[0]!r} or {SEX_HEADINGS[1]!r} is missing; "
            f"the file has {listing(columns)}."
        )
    marks: dict[str, tuple[str, ...]] = {}
    for row, cell in enumerate(columns["Finding Labels"]):
        if cell not in marks:
            named = cell.split("|")
            for name in named:
                if name not in LABELS:
                    raise table.fault(row, f"finding {name!r} is not NIH's; those are {listing(LABELS)}.")
            marks[cell] = tuple("1" if label in named else "0" for label in LABELS)
    rows = [marks[cell] for cell in columns["Finding Labels"]]
    return Entries(
        {
            "image_id": columns["Image Index"],
            "patient_id": columns["Patient ID"],
            "age_years": tuple(years(cell) for cell in columns["Patient Age"]),
            "sex": columns[heading],
            "view": columns["View Position"],
        },
        dict(zip(LABELS, zip(*rows, strict=True), strict=True)),
    )


def _from_binary_columns(table: Table) -> Entries:
    for name in FINDINGS:
        if name not in table.columns:
            raise BadInputError(
                f"{table.source}: the column of finding {name!r} is missing; a 0/1 table has all fourteen."
            )
    findings = {name: table.columns[name] for name in FINDINGS}
    labels_from(Table.of(table.source, {"image_id": table.columns["Image"], **findings}))
    nothing = ("",) * table.rows
    return Entries(
        {
            "image_id": table.columns["Image"],
            "patient_id": table.columns["PatientId"],
            "age_years": nothing,
            "sex": nothing,
            "view": nothing,
        },
        findings | {NO_FINDING: tuple(_no_finding(row) for row in zip(*findings.values(), strict=True))},
    )


def _no_finding(marks: Sequence[str]) -> str:
    """NIH's ``No Finding`` is the absence of all fourteen; unknown while one is unknown and none is there."""
    if "1" in marks:
        return "0"
    return "" if "" in marks else "1"


def _read_lines(path: Path) -> frozenset[str]:
    try:
        names = frozenset(line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines())
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    if not names - {""}:
        raise BadInputError(f"{path}: names no image; an official list has one image name a line.")
    return names - {""}
