"""images.csv of a bundle: every image of a study by its hashes, whether it is bundled, and why one was not read.

Owns the rows: from the files where they can be read, compared with what the run recorded when it scored them; else
from that record. Copying files is `create`'s. The images.csv among a run's inputs is `hashes`'.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, get_args

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.images.hashes import Inventory
from protocols.parallel.local import spread
from protocols.progress import Progress
from protocols.storage.canonical import csv_text, sha256_file
from protocols.tables.reading import parse_table
from protocols.tables.records import Studies

NOT_AT_HAND: Final = "the images were not at hand; the hashes are those of when it was scored"
OTHER_PIXELS: Final = "decoded here to other pixels than when it was scored"

WORTH_A_PROCESS = 100  # images; for fewer another process takes longer to start than it saves

Status = Literal["ok", "failed", "recorded"]


@dataclass(frozen=True, slots=True)
class ListedImage:
    """One row of images.csv.

    Attributes:
        image_id, patient_id, split: as in the studies table; ``split`` is empty where it has none.
        image_path: path below the bundle's folder of images, bundled or not; empty where no file was found.
        size: bytes of the file; None where it was not at hand.
        file_sha256, pixels_sha256: of the file and of the decoded image; empty where unknown.
        status: ``ok`` decoded now, ``failed`` not decoded, ``recorded`` from the record of the scoring alone.
        reason: why it is not ``ok``, or what is unusual; empty for most.
        bundled: whether the file is in the bundle.
    """

    image_id: str
    patient_id: str
    split: str
    image_path: str
    size: int | None
    file_sha256: str
    pixels_sha256: str
    status: Status
    reason: str
    bundled: bool


COLUMNS = tuple(field.name for field in fields(ListedImage))


@dataclass(frozen=True, slots=True)
class FoundImage:
    """A row and its file; None where there is no file."""

    row: ListedImage
    file: Path | None


class ListedImages(ImageFolder):
    """The images in a bundle, by their rows of images.csv; paths of the studies table may be those before bundling.

    Args:
        root: the bundle's folder of images.
        rows: of images.csv.
    """

    def __init__(self, root: Path, rows: Iterable[ListedImage]) -> None:
        super().__init__(root, search=False)
        self._paths = {row.image_id: row.image_path for row in rows if row.bundled}

    def path_of(self, image_id: str, image_path: str) -> Path:
        """Return the file of one image.

        Raises:
            UndecodableImageError: it is not in the bundle.
        """
        if image_id not in self._paths:
            return super().path_of(image_id, image_path)
        return self.root / self._paths[image_id]


def found_images(
    studies: Studies,
    images: ImageFolder,
    scored: Inventory | None,
    *,
    bundled: bool,
    workers: int,
    progress: Progress,
) -> tuple[FoundImage, ...]:
    """Read, hash and decode every image of a study, in the code-point order of image_id.

    Args:
        studies: the studies; every image is listed.
        images: the folder of the images.
        scored: the run's record of the images that it scored.
        bundled: whether the files go into the bundle.
        workers: largest number of processes that decode.
        progress: called after each image.

    Raises:
        BadInputError: two images would have the same path in the bundle.
        EvidenceDiffersError: an image is no longer the file that was scored; the error names each.
    """
    ordered = studies.by_image_id()
    paths = ordered.image_path or ("",) * len(ordered)
    rows: dict[str, FoundImage] = {}
    for index, image_id in enumerate(ordered.image_id):
        row = _blank_row(ordered, index)
        try:
            file = images.path_of(image_id, paths[index])
        except UndecodableImageError as error:
            rows[image_id] = FoundImage(_recorded(row, scored, error.reason), None)
            continue
        rows[image_id] = FoundImage(row, file)
    rows = _placed(rows, images.root)
    _refuse_shared_places(rows.values())
    tasks = [found for found in rows.values() if found.file]
    workers = min(workers, 1 + len(tasks) // WORTH_A_PROCESS)
    with closing(spread(partial(_described, bundled=bundled), tasks, workers=workers)) as described:
        for done, found in enumerate(described, start=1):
            rows[found.row.image_id] = found
            progress("images", done, len(tasks))
    listed = tuple(_compared(found, scored) for found in rows.values())
    changed = [found.row.image_id for found in listed if _is_another(found.row, scored)]
    if changed:
        raise EvidenceDiffersError(
            "\n".join(f"image {image_id!r}: is no longer the file that was scored." for image_id in changed)
        )
    return listed


def recorded_images(studies: Studies, scored: Inventory) -> tuple[FoundImage, ...]:
    """List the images that a run scored from its own record, where the files cannot be read."""
    ordered = studies.by_image_id()
    rows = []
    for index, image_id in enumerate(ordered.image_id):
        if image_id in scored.records:
            rows.append(FoundImage(_recorded(_blank_row(ordered, index), scored, NOT_AT_HAND), None))
    return tuple(rows)


def listing_text(rows: Sequence[ListedImage]) -> str:
    """Return the text of images.csv."""
    return csv_text(COLUMNS, ([_cell(getattr(row, name)) for name in COLUMNS] for row in rows))


def _cell(value: str | int | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def read_listing(path: Path) -> tuple[ListedImage, ...]:
    """Read images.csv of a bundle.

    Raises:
        EvidenceDiffersError: it is not written as the suite writes it.
    """
    content = path.read_bytes()
    if content == listing_text(()).encode("utf-8"):
        return ()
    try:
        table = parse_table(path, content)
        table.require(COLUMNS)
        rows = tuple(map(_row, zip(*(table.columns[name] for name in COLUMNS), strict=True)))
    except (BadInputError, ValueError) as error:
        raise EvidenceDiffersError(f"{path}: is no images.csv of a bundle.") from error
    if listing_text(rows).encode("utf-8") != content:
        raise EvidenceDiffersError(f"{path}: is not written as `bundle` writes it.")
    return rows


def _row(cells: Sequence[str]) -> ListedImage:
    row: dict[str, Any] = dict(zip(COLUMNS, cells, strict=True))
    if row["status"] not in get_args(Status):
        raise ValueError(row["status"])
    size = int(row["size"]) if row["size"] else None
    return ListedImage(**row | {"size": size, "bundled": row["bundled"] == "yes"})


def _blank_row(studies: Studies, index: int) -> ListedImage:
    split = studies.split[index] if studies.split else ""
    return ListedImage(
        studies.image_id[index], studies.patient_id[index], split, "", None, "", "", "failed", "", False
    )


def _described(found: FoundImage, *, bundled: bool) -> FoundImage:
    """Fill in the row of a file: size, hashes and status."""
    row, file = found.row, found.file
    assert file is not None
    try:
        size, digest = file.stat().st_size, sha256_file(file)
    except OSError as error:
        return FoundImage(replace(row, reason=f"cannot be read ({error.strerror})"), None)
    row = replace(row, size=size, file_sha256=digest, bundled=bundled)
    try:
        return FoundImage(replace(row, pixels_sha256=read_image(file).pixels_sha256, status="ok"), file)
    except UndecodableImageError as error:
        return FoundImage(replace(row, reason=error.reason), file)


def _compared(found: FoundImage, scored: Inventory | None) -> FoundImage:
    """Note in the row where another decoder made other pixels of the same file."""
    row = found.row
    then = scored.records.get(row.image_id) if scored else None
    if then is None or row.status != "ok" or row.pixels_sha256 == then.pixels_sha256:
        return found
    return FoundImage(replace(row, reason=OTHER_PIXELS), found.file)


def _is_another(row: ListedImage, scored: Inventory | None) -> bool:
    then = scored.records.get(row.image_id) if scored else None
    return then is not None and row.file_sha256 not in ("", then.file_sha256)


def _recorded(row: ListedImage, scored: Inventory | None, reason: str) -> ListedImage:
    """Fill in the row of an image without a file: from the record, where the run scored it."""
    then = scored.records.get(row.image_id) if scored else None
    if then is None:
        return replace(row, reason=reason)
    return replace(
        row, file_sha256=then.file_sha256, pixels_sha256=then.pixels_sha256, status="recorded", reason=reason
    )


def _placed(rows: Mapping[str, FoundImage], root: Path) -> dict[str, FoundImage]:
    """Set each path in the bundle: as below the images' folder; for files elsewhere, below their common folder."""
    inside, outside = {}, {}
    for image_id, found in rows.items():
        if found.file and ".." in found.file.relative_to(root).parts:
            outside[image_id] = found.file.resolve()
        elif found.file:
            inside[image_id] = found.file.relative_to(root)
    shared = os.path.commonpath([file.parent for file in outside.values()]) if outside else ""
    places = inside | {image_id: file.relative_to(shared) for image_id, file in outside.items()}
    return {
        image_id: FoundImage(replace(found.row, image_path=places[image_id].as_posix()), found.file)
        if image_id in places
        else found
        for image_id, found in rows.items()
    }


def _refuse_shared_places(rows: Iterable[FoundImage]) -> None:
    files: dict[str, FoundImage] = {}
    for found in rows:
        if found.file is None:
            continue
        other = files.setdefault(found.row.image_path, found)
        if other.file != found.file:
            raise BadInputError(
                f"images {other.row.image_id!r} and {found.row.image_id!r}: both would be at "
                f"{found.row.image_path!r} in the bundle; give their common folder with --images."
            )
