"""Where the file of each image lies.

Owns the lookup by path or by name, and the refusal that every decoder raises. What a file holds is `picture`'s.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from protocols.errors import BadInputError

ENDINGS = (".png", ".jpg", ".jpeg", ".dcm")


class UndecodableImageError(BadInputError):
    """An image that is not there or cannot be turned into pixels.

    Attributes:
        reason: why, without the name of the file or a folder, so that it may stand in evidence.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}.")
        self.reason = reason


class ImageFolder:
    """Where the images of a studies table lie.

    Args:
        root: the folder that ``image_path`` is relative to.
        search: the images were moved: look for a file's name anywhere under ``root`` where the
            stated path does not exist.

    Raises:
        BadInputError: ``root`` is not a folder.
    """

    def __init__(self, root: Path, *, search: bool) -> None:
        if not root.is_dir():
            raise BadInputError(f"{root}: is not a folder; name the folder that holds the images.")
        self.root = root
        self._search = search
        self._tree: Mapping[str, list[Path]] | None = None

    def path_of(self, image_id: str, image_path: str) -> Path:
        """The file of one image; without an ``image_path`` the file named by its id, ending or not.

        Raises:
            UndecodableImageError: there is no such file.
            BadInputError: the path is absolute, or two files under the folder have that name.
        """
        if Path(image_path).is_absolute():
            raise BadInputError(
                f"image {image_id!r}: image_path {image_path!r} is absolute; write it relative to the studies file."
            )
        if image_path and (self.root / image_path).is_file():
            return self.root / image_path
        if image_path and not self._search:
            raise UndecodableImageError(image_id, f"there is no file {image_path!r} beside the studies table")
        return self._by_name(image_id, Path(image_path).name or image_id)

    def _by_name(self, image_id: str, name: str) -> Path:
        if self._tree is None:
            self._tree = _files_by_name(self.root)
        found = self._tree.get(name) or [
            path for ending in ENDINGS for path in self._tree.get(name + ending, [])
        ]
        if not found:
            raise UndecodableImageError(image_id, f"there is no file named {name!r} in the images folder")
        if len(found) > 1:
            one, other = sorted(str(path.relative_to(self.root)) for path in found)[:2]
            raise BadInputError(
                f"image {image_id!r}: {one!r} and {other!r} in {self.root} both have its name; "
                "keep one, or give an image_path in the studies table."
            )
        return found[0]


def _files_by_name(root: Path) -> dict[str, list[Path]]:
    tree: dict[str, list[Path]] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            tree.setdefault(name, []).append(Path(folder) / name)
    return tree
