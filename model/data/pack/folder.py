"""The folder of one pack: its name, its lock for one process at a time, and its disk errors.

Owns the request that decides the name. The content of the folder is `file` and `journal`.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

from model.data.pack.file import PackFile
from protocols.errors import NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.images.hashes import PictureRecord
from protocols.schema.protocol import InputGate
from protocols.storage.canonical import json_line
from protocols.tables.records import Studies

DECODERS = ("pillow", "pydicom", "imagecodecs", "simplejpeg")
DIGITS = 16


def name_of(
    studies: Studies,
    rows: Sequence[int],
    images: ImageFolder,
    *,
    image_size: int,
    gate: InputGate,
    preprocessing: str,
) -> str:
    """Return the folder's name: a hash of all that decides a pack but the files, whose stamps are in the journal."""
    made_by = {
        "decoders": {name: version(name) for name in DECODERS},
        "gate": gate.model_dump(mode="json"),
        "image_size": image_size,
        "preprocessing": preprocessing,
        "record": [field.name for field in fields(PictureRecord)],
        "root": str(images.root.absolute()),
    }
    request = hashlib.sha256(json_line(made_by).encode())
    for row in rows:
        image_path = studies.image_path[row] if studies.image_path else ""
        age_years = repr(float(studies.age_years[row]))
        request.update(json_line([studies.image_id[row], image_path, age_years, studies.view[row]]).encode())
    return f"pack-{request.hexdigest()[:DIGITS]}"


@contextmanager
def exclusive_folder(folder: Path) -> Iterator[None]:
    """Lock a folder against other packing processes (`flock`); a killed process releases the lock.

    Raises:
        NotPossibleHereError: another process has the lock.
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotPossibleHereError(
                f"{folder}: another process is packing the same images there; "
                "wait until it is done, or name another folder to work in."
            ) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def refuse_disk_errors(file: PackFile) -> Iterator[None]:
    """Convert an error of the disk or the folder, such as a full disk, to a refusal.

    Raises:
        NotPossibleHereError: with the system's message, the space that a pack needs and the next step.
    """
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        raise NotPossibleHereError(
            f"{file.path.parent}: cannot be written ({what}); {file.images:,} packed images need "
            f"{file.gigabytes:.2f} GB there; what is packed is kept, so make room or mend the folder "
            "and run the same command again."
        ) from error
