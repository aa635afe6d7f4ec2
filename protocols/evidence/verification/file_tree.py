"""The files and folders of a bundle, listed without opening a file or following a link.

Owns the walk and the rules for entries and names: regular files and folders only, names in one Unicode form (NFC) and
different in more than case, so that every system unpacks the same tree. Content is checked elsewhere.
Source: trust.md's measurements of the `bagit` package, which follows links within a bag.
"""

import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from protocols.evidence.bundle.bag import name_fault
from protocols.evidence.verification.check import Problem

KINDS = {
    stat.S_IFLNK: "is a link; a bundle holds none",
    stat.S_IFIFO: "is a pipe, no regular file",
    stat.S_IFSOCK: "is a socket, no regular file",
    stat.S_IFBLK: "is a device, no regular file",
    stat.S_IFCHR: "is a device, no regular file",
}


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder and everything below it.

    Attributes:
        root: the folder.
        files: path below the root with forward slashes -> status of a regular file.
        folders: paths of all folders.
        others: paths that are neither -> a description.
    """

    root: Path
    files: Mapping[str, os.stat_result]
    folders: frozenset[str]
    others: Mapping[str, str]

    def path(self, name: str) -> Path:
        """Return the path of a file in the file system."""
        return self.root / name

    def inside(self, folder: str) -> dict[str, os.stat_result]:
        """Return the files below a folder, by their paths from there."""
        start = f"{folder}/"
        return {name[len(start) :]: there for name, there in self.files.items() if name.startswith(start)}

    def entries(self, folder: str = "") -> set[str]:
        """Return the names directly in a folder, of files, folders and others."""
        start = f"{folder}/" if folder else ""
        names = (*self.files, *self.folders, *self.others)
        return {
            name[len(start) :] for name in names if name.startswith(start) and "/" not in name[len(start) :]
        }


def tree_of(root: Path) -> Tree:
    """Walk a folder; links are reported, never followed."""
    files: dict[str, os.stat_result] = {}
    folders: set[str] = set()
    others: dict[str, str] = {}
    waiting = [("", str(root))]
    while waiting:
        start, folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                name = f"{start}{entry.name}"
                there = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(there.st_mode):
                    files[name] = there
                elif stat.S_ISDIR(there.st_mode):
                    folders.add(name)
                    waiting.append((f"{name}/", entry.path))
                else:
                    others[name] = KINDS.get(stat.S_IFMT(there.st_mode), "is no regular file")
    return Tree(root, files, frozenset(folders), others)


def problems_of_names(tree: Tree) -> Iterator[Problem]:
    """Yield links, entries that are no regular files, and names that are not portable."""
    for name, words in tree.others.items():
        yield Problem(name, words)
    same: dict[str, str] = {}
    for name in sorted((*tree.files, *tree.folders, *tree.others)):
        fault, spelled = _fault_and_spelling(name)
        if fault:
            yield Problem(name, fault.partition(";")[0])
        twin = same.setdefault(spelled, name)
        if twin != name:
            yield Problem(
                name, f"has the name of {twin} in other letters; some systems keep only one of them"
            )


@lru_cache(maxsize=1 << 17)
def _fault_and_spelling(name: str) -> tuple[str | None, str]:
    """Return the fault of a name, and its spelling on a system that distinguishes neither case nor composition."""
    return name_fault(name), unicodedata.normalize("NFC", name).casefold()
