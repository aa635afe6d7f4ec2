"""The folder of one pack: its name, its lock for one process at a time, and its disk errors.

Owns the request that decides the name. The content of the folder is `file` and `journal`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from importlib.metadata import version

from model.data.pack.file import PackFile
from protocols.images.folder import ImageFolder
from protocols.images.hashes import ImageRecord
from protocols.schema.training import InputGate
from protocols.storage.canonical import json_line
from protocols.storage.output_lock import describe_os_error, exclusive_output
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
        "record": [field.name for field in fields(ImageRecord)],
        "root": str(images.root.absolute()),
    }
    request = hashlib.sha256(json_line(made_by).encode())
    for row in rows:
        image_path = studies.image_path[row] if studies.image_path else ""
        age_years = repr(float(studies.age_years[row]))
        request.update(json_line([studies.image_id[row], image_path, age_years, studies.view[row]]).encode())
    return f"pack-{request.hexdigest()[:DIGITS]}"


@contextmanager
def work_folder(file: PackFile) -> Iterator[None]:
    """Hold the folder of a pack, made where it is absent, against every other process.

    Raises:
        NotPossibleHereError: another process packs there, or the disk or the folder fails; with what the system said,
            how much room a pack needs and the next step.
    """
    folder = file.path.parent
    next_step = (
        f"{file.images:,} packed images need {file.gigabytes:.2f} GB there; what is packed is kept, so make room or "
        "mend the folder and run the same command again"
    )
    with describe_os_error(folder, next_step=next_step, named_by_user=False):
        folder.mkdir(parents=True, exist_ok=True)
        with exclusive_output(folder):
            yield
