"""The column ``image_path``: image files as seen from the folder that holds the studies table."""

import os
from collections.abc import Sequence
from pathlib import Path


def relative_paths(files: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Each file relative to ``folder``, with forward slashes.

    Folders are resolved first: a path that climbs out of a linked folder by ``..`` would otherwise
    lead elsewhere.
    """
    start = folder.resolve()
    seen = {parent: os.path.relpath(parent.resolve(), start) for parent in {file.parent for file in files}}
    return tuple((Path(seen[file.parent]) / file.name).as_posix() for file in files)
