"""The column ``image_path``: paths of image files relative to the folder of the studies table.

Owns the notices on paths without a file. The search for a file is `protocols.images.folder`'s.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.tables.input_account import MOST_EXAMPLES, Notice
from protocols.tables.notices import counted


def relative_paths(files: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Return each file's path relative to ``folder``, with forward slashes.

    Folders are resolved first: ``..`` out of a linked folder would otherwise lead elsewhere.
    """
    start = folder.resolve()
    seen = {parent: os.path.relpath(parent.resolve(), start) for parent in {file.parent for file in files}}
    return tuple((Path(seen[file.parent]) / file.name).as_posix() for file in files)


def moved_paths(paths: Sequence[str], home: Path, out: Path) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Return paths relative to ``out`` instead of ``home``, and the notices on them.

    A path that differs from its file only in spelling becomes the file's. A path without a file is kept; its notice
    names the nearest file. An empty path stays empty.
    """
    folder = ImageFolder(home, search=False)
    known = sorted({path for path in paths if path})
    files: dict[str, Path] = {}
    respelt: list[str] = []
    lost: list[str] = []
    for path in known:
        files[path] = home / path
        if files[path].is_file() or Path(path).is_absolute():
            continue
        try:
            files[path] = folder.path_of(path, path)
            respelt.append(f"{path!r} for {files[path].relative_to(home).as_posix()!r}")
        except UndecodableImageError:
            near = folder.nearest(path) if len(lost) < MOST_EXAMPLES else ""
            lost.append(f"{path!r}, the nearest is {near!r}" if near else repr(path))
    moved = dict(zip(known, relative_paths([files[path] for path in known], out), strict=True))
    notices = (
        ("image_paths_respelt", respelt, "differ from the names of their files and were led to them"),
        ("images_not_found", lost, "lead to no file; their images will be failed when they are scored"),
    )
    return tuple(moved.get(path, "") for path in paths), tuple(
        Notice(
            kind=kind,
            text=f"studies: {counted(len(found), 'image path')} {sentence} ({'; '.join(found[:MOST_EXAMPLES])}).",
            table="studies",
            column="image_path",
            count=len(found),
            examples=tuple(found[:MOST_EXAMPLES]),
        )
        for kind, found, sentence in notices
        if found
    )
