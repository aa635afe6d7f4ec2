"""The column ``image_path``: image files as seen from the folder that holds the studies table.

Owns what is told of paths that lead to no file; how a file is looked for is `protocols.images.folder`'s.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.tables.input_account import MOST_EXAMPLES, Notice
from protocols.tables.notices import counted


def relative_paths(files: Sequence[Path], folder: Path) -> tuple[str, ...]:
    """Each file relative to ``folder``, with forward slashes.

    Folders are resolved first: a path that climbs out of a linked folder by ``..`` would otherwise
    lead elsewhere.
    """
    start = folder.resolve()
    seen = {parent: os.path.relpath(parent.resolve(), start) for parent in {file.parent for file in files}}
    return tuple((Path(seen[file.parent]) / file.name).as_posix() for file in files)


def moved_paths(paths: Sequence[str], home: Path, out: Path) -> tuple[tuple[str, ...], tuple[Notice, ...]]:
    """Paths as seen from ``out`` instead of ``home``, and what is to be told of them.

    A path that a file is found for by another spelling becomes that file's; one that leads to no file is kept, and told
    with the nearest name. An image without a path has none there either.
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
            text=f"studies: {counted(len(found), 'image path')} {told} ({'; '.join(found[:MOST_EXAMPLES])}).",
            table="studies",
            column="image_path",
            count=len(found),
            examples=tuple(found[:MOST_EXAMPLES]),
        )
        for kind, found, told in notices
        if found
    )
