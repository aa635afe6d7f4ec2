"""The folder of one pack: named by what was asked for, worked in by one process at a time, its faults in words.

Owns the request that decides the name. What lies in the folder is `file`'s and `journal`'s.
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
    """The folder's name: of all that decides what is in a pack but the files, whose stamps stand in the journal."""
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
def alone_in(folder: Path) -> Iterator[None]:
    """Nobody else packs into this folder meanwhile; a process that is killed lets go of it.

    Raises:
        NotPossibleHereError: somebody does.
        OSError: the folder cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotPossibleHereError(
                f"{folder}: another process is packing the same pictures there; "
                "wait until it is done, or name another folder to work in."
            ) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def told_in_a_sentence(file: PackFile) -> Iterator[None]:
    """An error of the disk or the folder, such as one that is full, as a refusal.

    Raises:
        NotPossibleHereError: with what the system said, how much room a pack needs and the next step.
    """
    try:
        yield
    except OSError as error:
        what = error.strerror or str(error)
        raise NotPossibleHereError(
            f"{file.path.parent}: cannot be written ({what}); {file.images:,} packed pictures need "
            f"{file.gigabytes:.2f} GB there; what is packed is kept, so make room or mend the folder "
            "and run the same command again."
        ) from error
