"""A copy of a bundle that is changed and restored, file by file, without ever touching the original.

Owns keeping what a change replaces, reporting changed files to a cache of hashes, and undoing. Which changes are made
is decided by the callers.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class TamperBench:
    """A copy of a bundle under tampering.

    Args:
        root: the copy.
        kept: folder, to be made, for what the changes replace.
        touched: called with the path of every file that is changed or restored.
    """

    def __init__(self, root: Path, kept: Path, touched: Callable[[str], None]) -> None:
        self.root, self._kept, self._touched = root, kept, touched
        self._before: dict[str, Path | None] = {}  # name -> its first content, moved; None for a new one
        self._folders: list[Path] = []
        kept.mkdir()

    def read(self, name: str) -> bytes:
        """Read the present bytes under a name."""
        return (self.root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Write bytes under a name, over a file or as a new one; folders are made as needed."""
        self.remove(name)
        path = self.root / name
        missing = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._folders += missing
        path.write_bytes(content)

    def remove(self, name: str) -> None:
        """Remove what is under a name, if anything."""
        path = self.root / name
        there = os.path.lexists(path)
        if name not in self._before:
            kept = self._kept / str(len(self._before)) if there else None
            if kept:
                path.rename(kept)
            self._before[name] = kept
        elif there:
            path.unlink()
        self._touched(str(path))

    def rename(self, old: str, new: str) -> None:
        """Rename a file."""
        content = self.read(old)
        self.remove(old)
        self.write(new, content)

    def holds(self, name: str) -> bool:
        """Return whether anything is under a name."""
        return os.path.lexists(self.root / name)

    def link(self, name: str) -> None:
        """Replace a file or folder by a link to it."""
        self.remove(name)
        there = self._before[name]
        if there:
            (self.root / name).symlink_to(there)

    def folder(self, name: str) -> None:
        """Make an empty folder."""
        path = self.root / name
        path.mkdir()
        self._folders.append(path)

    def undo(self) -> None:
        """Restore everything."""
        for name, kept in self._before.items():
            path = self.root / name
            if os.path.lexists(path):
                path.unlink()
            if kept:
                kept.rename(path)
            self._touched(str(path))
        for folder in sorted(self._folders, reverse=True):
            shutil.rmtree(folder, ignore_errors=True)
        self._before.clear()
        self._folders.clear()


Change = Callable[[TamperBench], None]


@dataclass(frozen=True, slots=True)
class Tampering:
    """One way to tamper.

    Attributes:
        kind: description of the tampering.
        names: paths from the bundle's root that a finding may name; the changed file first.
        apply: changes a copy.
    """

    kind: str
    names: tuple[str, ...]
    apply: Change
