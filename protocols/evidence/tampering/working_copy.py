"""A copy of a bundle that is changed and set back, file by file, without ever touching the original.

Owns keeping what a change replaces, telling whoever remembers hashes, and undoing. Which changes are made is
`tampering`'s.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class TamperBench:
    """A folder under change.

    Args:
        root: the copy.
        kept: folder, not there yet, for what the changes replace.
        touched: told of the path of every file that changes, and of every one that is set back.
    """

    def __init__(self, root: Path, kept: Path, touched: Callable[[str], None]) -> None:
        self.root, self._kept, self._touched = root, kept, touched
        self._before: dict[str, Path | None] = {}  # what stood under a name: moved here, or nothing
        self._folders: list[Path] = []
        kept.mkdir()

    def read(self, name: str) -> bytes:
        """The bytes under a name, as they are now."""
        return (self.root / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Other bytes under a name, or a new file; folders are made as needed."""
        self.remove(name)
        path = self.root / name
        missing = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._folders += missing
        path.write_bytes(content)

    def remove(self, name: str) -> None:
        """Nothing under a name any more; nothing happens where there is nothing."""
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
        """A file under another name."""
        content = self.read(old)
        self.remove(old)
        self.write(new, content)

    def holds(self, name: str) -> bool:
        """Whether anything stands under a name."""
        return os.path.lexists(self.root / name)

    def link(self, name: str) -> None:
        """A link to the very file or folder that stood under a name, in its place."""
        self.remove(name)
        there = self._before[name]
        if there:
            (self.root / name).symlink_to(there)

    def folder(self, name: str) -> None:
        """A new folder without files."""
        path = self.root / name
        path.mkdir()
        self._folders.append(path)

    def undo(self) -> None:
        """Everything as it was."""
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
        kind: in words.
        names: the files by which it may be found, from the bundle's root; the one it is about first.
        apply: changes a copy.
    """

    kind: str
    names: tuple[str, ...]
    apply: Change
