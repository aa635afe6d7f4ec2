"""The folder of a study's images, and the lookup of each image's file.

Owns the lookup by path or by name, also as other operating systems write paths, and the error that every decoder
raises. Files are decoded in `decode`.
"""

import difflib
import os
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from protocols.errors import BadInputError

ENDINGS = (".png", ".jpg", ".jpeg", ".dcm")
WINDOWS_ROOT = re.compile(r"[A-Za-z]:[\\/]|\\\\")


class UndecodableImageError(BadInputError):
    """An image that is missing or cannot be decoded.

    Attributes:
        reason: why, without the name of file or folder, so that it may be printed in evidence.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}.")
        self.reason = reason


class ImageFolder:
    """The images of a studies table.

    Args:
        root: the folder that ``image_path`` is relative to.
        search: whether to search for the file name anywhere under ``root`` where the stated path does not exist.

    Raises:
        BadInputError: ``root`` is not a folder.
    """

    def __init__(self, root: Path, *, search: bool) -> None:
        if not root.is_dir():
            raise BadInputError(f"{root}: is not a folder; name the folder that holds the images.")
        self.root = root
        self._search = search
        self._tree: Mapping[str, list[Path]] | None = None
        self._names: dict[Path, dict[str, list[str]]] = {}

    def path_of(self, image_id: str, image_path: str) -> Path:
        """Return the file of one image; without an ``image_path``, the file named by its id, with any known ending.

        A path that leads to no file is tried as written on another system: with backslashes, in another letter case
        or Unicode normal form, or below a drive, where the longest trailing part that leads to a file is used.

        Raises:
            UndecodableImageError: there is no such file, or several match equally.
            BadInputError: the path is absolute, or two files under the folder have that name.
        """
        if Path(image_path).is_absolute():
            raise BadInputError(
                f"image {image_id!r}: image_path {image_path!r} is absolute; write it relative to the studies file."
            )
        if image_path and (self.root / image_path).is_file():
            return self.root / image_path
        alike = self._alike(image_path) if image_path else []
        if len(alike) == 1:
            return alike[0]
        if alike:
            one, other = sorted(path.relative_to(self.root).as_posix() for path in alike)[:2]
            raise UndecodableImageError(
                image_id, f"{image_path!r} is no file's exact name, and {one!r} and {other!r} are alike"
            )
        if image_path and not self._search:
            raise UndecodableImageError(image_id, f"there is no file {image_path!r} beside the studies table")
        return self._by_name(image_id, _parts(image_path)[-1] if image_path else image_id)

    def nearest(self, image_path: str) -> str:
        """Return the path of the file with the most similar name; empty where no name is similar."""
        *above, name = _parts(image_path)
        home = self.root.joinpath(*above)
        names = [one for alike in self._listing(home).values() for one in alike if (home / one).is_file()]
        close = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.7)
        return "/".join([*above, close[0]]) if close else ""

    def _alike(self, image_path: str) -> list[Path]:
        """Return the files that a path may mean if it was written on another system."""
        parts = _parts(image_path)
        for start in range(len(parts) if WINDOWS_ROOT.match(image_path) else 1):
            places = [self.root]
            for part in parts[start:]:
                places = [
                    place / name for place in places for name in self._listing(place).get(_plain(part), ())
                ]
            if files := [place for place in places if place.is_file()]:
                return files
        return []

    def _listing(self, folder: Path) -> Mapping[str, list[str]]:
        """Return the names in a folder by their `_plain` form; ``..`` leads up."""
        if folder not in self._names:
            names = self._names[folder] = {"..": [".."]}
            for path in folder.iterdir() if folder.is_dir() else ():
                names.setdefault(_plain(path.name), []).append(path.name)
        return self._names[folder]

    def _by_name(self, image_id: str, name: str) -> Path:
        if self._tree is None:
            self._tree = _files_by_name(self.root)
        alike = next(
            (paths for ending in ("", *ENDINGS) if (paths := self._tree.get(_plain(name + ending)))), []
        )
        found = [
            path for path in alike if path.name in (name, *(name + ending for ending in ENDINGS))
        ] or alike
        if not found:
            raise UndecodableImageError(image_id, f"there is no file named {name!r} in the images folder")
        if len(found) > 1:
            one, other = sorted(str(path.relative_to(self.root)) for path in found)[:2]
            raise BadInputError(
                f"image {image_id!r}: {one!r} and {other!r} in {self.root} both have its name; "
                "keep one, or give an image_path in the studies table."
            )
        return found[0]


def _parts(image_path: str) -> list[str]:
    """Return the parts of a path, split at slashes and backslashes, without a drive."""
    inner = re.sub(r"^[A-Za-z]:", "", image_path)
    return [part for part in re.split(r"[\\/]+", inner) if part not in ("", ".")] or [image_path]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _files_by_name(root: Path) -> dict[str, list[Path]]:
    tree: dict[str, list[Path]] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            tree.setdefault(_plain(name), []).append(Path(folder) / name)
    return tree
