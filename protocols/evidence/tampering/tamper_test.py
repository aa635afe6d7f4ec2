"""A test that verification detects every tampering: a copy of a bundle is changed in every way, and verified each time.

Owns the test, its cache and its table. The ways to tamper are in `files`, `envelope` and `content`; verification is
the same `verify` that an auditor runs. Between two verifications the cache keeps the hash of a file whose status in
the file system is unchanged, and the parsed content of bytes by their hash. The hash is dropped for every file that a
tampering touches, and a sample of the tamperings is verified without the cache, which must give the same findings.
"""

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from protocols.errors import EvidenceDiffersError
from protocols.evidence.bundle.archive import unpacked
from protocols.evidence.bundle.signing import PrivateKey, PublicKey
from protocols.evidence.tampering.content import of_the_evidence
from protocols.evidence.tampering.envelope import of_the_envelope
from protocols.evidence.tampering.files import of_files
from protocols.evidence.tampering.working_copy import TamperBench, Tampering
from protocols.evidence.verification.file_reader import FileReader
from protocols.evidence.verification.file_tree import tree_of
from protocols.evidence.verification.results_check import ReadPdf
from protocols.evidence.verification.verify import Verification, verify
from protocols.progress import Progress

SEED = 510
SAMPLE = 6  # tamperings that are verified a second time, without the cache

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Missed:
    """A tampering that was not detected, or without naming a file that it touched."""

    kind: str
    file: str
    words: str


@dataclass(frozen=True, slots=True)
class KindOutcome:
    """Number of tamperings of one kind, number detected, and the first file that a finding named."""

    kind: str
    tried: int
    detected: int
    example: str


@dataclass(frozen=True, slots=True)
class TamperTest:
    """The outcome of a tamper test.

    Attributes:
        outcomes: by kind, in the order in which they were tried.
        missed: every tampering that was not detected.
        without_memory: number verified a second time without the cache, with the same findings.
    """

    outcomes: tuple[KindOutcome, ...]
    missed: tuple[Missed, ...]
    without_memory: int

    @property
    def tried(self) -> int:
        """Number of all tamperings."""
        return sum(outcome.tried for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether every tampering was detected, with its file named."""
        return not self.missed


class RememberedReading(FileReader):
    """A reader with a cache, which reads a file again only after a change.

    A hash is cached for a path with its inode, size and both times at each walk. The times alone are not enough: two
    changes within one tick of the clock look alike, so every change of a file is reported with `forget`. Parsed content
    is cached by the hash of its bytes, which was compared when they were read.
    """

    def __init__(self) -> None:
        self._hashes: dict[str, tuple[tuple[int, ...], str]] = {}
        self._parsed: dict[tuple[str, Callable[[bytes], Any]], Any] = {}

    def sha256(self, path: str, there: os.stat_result) -> str:
        """Return the cached hash, or read the file."""
        identity = (there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns)
        known = self._hashes.get(path)
        if known is None or known[0] != identity:
            known = self._hashes[path] = identity, super().sha256(path, there)
        return known[1]

    def parsed(self, path: str, sha256: str, parse: Callable[[bytes], T]) -> T:
        """Return the cached content, or read and parse the file."""
        key = sha256, parse
        if key not in self._parsed:
            self._parsed[key] = super().parsed(path, sha256, parse)
        content: T = self._parsed[key]
        return content

    def forget(self, path: str) -> None:
        """Drop the cached hash of a file that was touched."""
        self._hashes.pop(path, None)


def tamper_test(
    bundle: Path, public_key: PublicKey, *, printed: ReadPdf, progress: Progress, seed: int = SEED
) -> TamperTest:
    """Tamper with a copy of a bundle in every way, one at a time, and verify it each time.

    Args:
        bundle: its folder, or the archive of one; it is only read.
        public_key: the auditor's.
        printed: reads text and attachments of a PDF.
        progress: called after every tampering.
        seed: selects places within files and the files of the sampled kinds.

    Raises:
        EvidenceDiffersError: the bundle does not verify, or its copy does not after every tampering was undone.
        BadInputError: it is not a bundle.
    """
    with tempfile.TemporaryDirectory(prefix="cxr510k-tamper-") as temporary:
        copy = Path(temporary) / "bundle"
        _copy(bundle, copy, Path(temporary) / "unpacked")
        reading = RememberedReading()
        bench = TamperBench(copy, Path(temporary) / "kept", reading.forget)

        def check(reading: FileReader | None = None) -> Verification:
            return verify(copy, public_key, printed=printed, reading=reading)

        if not check(reading).passed:
            raise EvidenceDiffersError(
                f"{bundle}: does not verify as it is, so tampering with it would prove nothing; see `cxr510k verify`."
            )
        tamperings = tamperings_of(copy, random.Random(seed))
        again = set(random.Random(seed).sample(range(len(tamperings)), min(SAMPLE, len(tamperings))))
        seen: list[tuple[Tampering, str, str]] = []
        for number, tampering in enumerate(tamperings):
            tampering.apply(bench)
            verification = check(reading)
            fault = _fault(tampering, verification)
            if not fault and number in again and check() != verification:
                fault = "verified without memory it came to other findings"
            seen.append((tampering, fault, _named(tampering, verification)))
            bench.undo()
            progress("tampering", number + 1, len(tamperings))
        if not check().passed:
            raise EvidenceDiffersError(
                f"{bundle}: its copy does not verify after every tampering was undone; the test proves nothing."
            )
    return _table(seen, len(again))


def tamperings_of(root: Path, chance: random.Random) -> tuple[Tampering, ...]:
    """Return every tampering with a bundle that verifies; the same for the same bundle and state of ``chance``."""
    tree = tree_of(root)
    sizes = {name: there.st_size for name, there in sorted(tree.files.items())}
    key = PrivateKey.from_private_bytes(chance.randbytes(32))
    return (
        *of_files(root, sizes, sorted(tree.folders), chance),
        *of_the_envelope(key),
        *of_the_evidence(root, sizes, key),
    )


def _copy(bundle: Path, copy: Path, room: Path) -> None:
    if bundle.is_dir():
        shutil.copytree(bundle, copy, symlinks=True)
    else:
        unpacked(bundle, room).rename(copy)


def _fault(tampering: Tampering, verification: Verification) -> str:
    """Return why a tampering counts as missed; empty where it was detected and a file that it touched is named."""
    if verification.passed:
        return "verified all the same"
    return "" if _named(tampering, verification) else "seen, but no file that it touched is named"


def _named(tampering: Tampering, verification: Verification) -> str:
    """Return the first of the tampering's files that a finding names; empty where there is none."""
    found = {problem.file for check in verification.checks for problem in check.problems}
    return next((name for name in tampering.names if name in found), "")


def _table(seen: Iterable[tuple[Tampering, str, str]], without_memory: int) -> TamperTest:
    kinds: dict[str, list[tuple[Tampering, str, str]]] = {}
    for one in seen:
        kinds.setdefault(one[0].kind, []).append(one)
    outcomes = tuple(
        KindOutcome(
            kind,
            len(tried),
            sum(not fault for _, fault, _ in tried),
            next((named for _, _, named in tried if named), ""),
        )
        for kind, tried in kinds.items()
    )
    missed = tuple(
        Missed(kind, tampering.names[0], fault)
        for kind, tried in kinds.items()
        for tampering, fault, _ in tried
        if fault
    )
    return TamperTest(outcomes, missed, without_memory)
