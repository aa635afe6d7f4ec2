"""Tampering with single files and folders of a bundle: bits, whole files, names, links.

Owns these kinds and the plain changes that others are made of. Rewriting manifests after a change is `content`'s.
"""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

from protocols.evidence.bundle.layout import BAG
from protocols.evidence.tampering.working_copy import Change, TamperBench, Tampering
from protocols.evidence.verification.results_check import RESULTS
from protocols.evidence.verification.signed_content import DATA

SAMPLED = 25  # files of a kind that is not tried on every file
ADDED_FILES = {
    "a file added in data/": f"{DATA}/added.txt",
    "a file added in a folder of data/": f"{DATA}/env/added.txt",
    "a file added in a new folder": f"{DATA}/new/folder/added.txt",
    "a hidden file added": f"{DATA}/.added",
    "a file added in the bag's root": f"{BAG}/added.txt",
    "a file added beside the bag": "added.txt",
    "a public key added": "public.pem",
    "a planted module": f"{DATA}/cxr510k.py",
    "a planted package": f"{DATA}/model/__init__.py",
    "a name in other letters added": f"{DATA}/{RESULTS.upper()}",
}


def of_files(
    root: Path, sizes: Mapping[str, int], folders: list[str], chance: random.Random
) -> Iterator[Tampering]:
    """Yield a flip and a drop of every file, other changes of some files, added files, and changed folders.

    Args:
        root: a bundle that verifies.
        sizes: bytes of its files, by their paths.
        folders: its folders.
        chance: generator that selects places, and files where not all are tried.
    """
    yield from _flips(sizes, chance)
    for name in sizes:
        yield Tampering("a file dropped", (name,), drop(name))
    yield from _of_some_files(root, sizes, chance)
    for kind, name in ADDED_FILES.items():
        if name not in sizes:
            yield Tampering(kind, (name,), add(name))
    yield from _of_folders(folders)


def flip(name: str, where: int, bit: int) -> Change:
    """Return the flip of a bit in one byte; an empty file gains a byte."""

    def apply(bench: TamperBench) -> None:
        content = bytearray(bench.read(name) or b"\0")
        content[max(where, 0)] ^= bit
        bench.write(name, bytes(content))

    return apply


def put(name: str, content: bytes) -> Change:
    """Return a change to other bytes under a name."""
    return lambda bench: bench.write(name, content)


def add(name: str) -> Change:
    """Return the addition of a file."""
    return put(name, b"added\n")


def drop(name: str) -> Change:
    """Return the removal of a file."""
    return lambda bench: bench.remove(name)


def link(name: str) -> Change:
    """Return the replacement of a file or folder by a link to it."""
    return lambda bench: bench.link(name)


def swap(one: str, other: str) -> Change:
    """Return the exchange of two files' bytes."""

    def apply(bench: TamperBench) -> None:
        first, second = bench.read(one), bench.read(other)
        bench.write(one, second)
        bench.write(other, first)

    return apply


def _flips(sizes: Mapping[str, int], chance: random.Random) -> Iterator[Tampering]:
    """Yield one flipped bit per file, in its first byte, its last or a random one, in turn."""
    places = ("first", "last", "some")
    for number, (name, size) in enumerate(sizes.items()):
        place = places[number % len(places)]
        where = {"first": 0, "last": size - 1, "some": chance.randrange(max(size, 1))}[place]
        kind = f"a bit flipped in the {place} byte" if place != "some" else "a bit flipped somewhere"
        yield Tampering(kind, (name,), flip(name, where, 1 << chance.randrange(8)))


def _of_some_files(root: Path, sizes: Mapping[str, int], chance: random.Random) -> Iterator[Tampering]:
    names = list(sizes)
    for name in _some([name for name in names if sizes[name]], chance):
        yield Tampering("a file emptied", (name,), put(name, b""))
    for name in _some(names, chance):
        yield Tampering("a byte appended", (name,), _longer(name))
    for name in _some(names, chance):
        yield Tampering("a file renamed", (name, f"{name}.old"), _rename(name, f"{name}.old"))
    for one, other in zip(_some(names, chance), _some(names, chance), strict=True):
        if (root / one).read_bytes() != (root / other).read_bytes():
            yield Tampering("two files swapped", (one, other), swap(one, other))
    for name in _some(names, chance):
        yield Tampering("a file replaced by a link to its bytes", (name,), link(name))


def _of_folders(folders: list[str]) -> Iterator[Tampering]:
    for name in folders:
        yield Tampering("a folder replaced by a link to it", (name,), link(name))
    for name in ("new", f"{BAG}/new"):
        yield Tampering("an empty folder added at a root", (name,), _folder(name))


def _longer(name: str) -> Change:
    return lambda bench: bench.write(name, bench.read(name) + b"\n")


def _rename(old: str, new: str) -> Change:
    return lambda bench: bench.rename(old, new)


def _folder(name: str) -> Change:
    return lambda bench: bench.folder(name)


def _some(names: list[str], chance: random.Random) -> list[str]:
    return chance.sample(names, min(SAMPLED, len(names)))
