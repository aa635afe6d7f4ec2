"""The run folder: the names of its files, its atomic creation and change, and its run record.

Owns the names and the volatile record of time, machine and versions (run.json). The content of each file is defined
where it is written. Source: the contract ("Run folder").
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from protocols.errors import BadInputError
from protocols.storage.canonical import json_text, new_folder, staged, sync_folder, write_text
from protocols.storage.json_document import read_document
from protocols.storage.manifest import check_manifest
from protocols.storage.output_lock import beside

RUN_SCHEMA = "cxr510k-run/1"
ONE_TABLE, OF_ONE_TABLE = "table", ("studies", "reads", "predictions")
IN_THE_RUN = "."  # the image root of a run that holds its images itself


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Facts of this run alone: hashed, never compared by a rerun.

    Attributes:
        started: UTC, as ``2026-01-31T12:00:00Z``; also the date of the report.
        command: the command line after ``cxr510k``.
        suite: version of this package.
        python, platform, host: of the machine.
        versions: package -> version, of the packages used for computing and plotting.
        image_root: folder that the studies' ``image_path`` is relative to, ``.`` for the run folder
            itself, or None where no image was read.
        device: the processor that trained and scored, as TensorFlow or JAX names it, or None.
        durations_seconds: stage -> seconds.
        images_per_second: stage -> rate, for training.
        render_stack: component that rendered the PDF -> version; empty before `report`.
        ledger: path of the test set's ledger; None where the test set is not locked.
    """

    started: str
    command: str
    suite: str
    python: str
    platform: str
    host: str
    versions: Mapping[str, str]
    image_root: str | None
    device: str | None
    durations_seconds: Mapping[str, float]
    images_per_second: Mapping[str, float]
    render_stack: Mapping[str, str]
    ledger: str | None = None

    def to_json(self) -> str:
        """Encode run.json as canonical JSON."""
        return json_text({"schema": RUN_SCHEMA, **asdict(self)})


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of a run folder; `create` makes the folder."""

    root: Path

    @property
    def protocol(self) -> Path:
        """The protocol, bytes as given."""
        return self.root / "protocol.toml"

    @property
    def inputs(self) -> Path:
        """The tables, bytes as given."""
        return self.root / "inputs"

    @property
    def results(self) -> Path:
        """The canonical results."""
        return self.root / "results.json"

    @property
    def line_listing(self) -> Path:
        """The line listing, one line per image."""
        return self.root / "line_listing.csv"

    @property
    def model(self) -> Path:
        """The device under test, where the run trained one."""
        return self.root / "model"

    @property
    def initial_weights(self) -> Path:
        """The weights that training started from, where a file was given; bytes as given."""
        return self.inputs / "initial_weights.h5"

    @property
    def images(self) -> Path:
        """The images of a phantom run."""
        return self.root / "images"

    @property
    def report_pdf(self) -> Path:
        """The report as PDF."""
        return self.root / "report.pdf"

    @property
    def report_html(self) -> Path:
        """The report as one HTML file."""
        return self.root / "report.html"

    @property
    def summary_pdf(self) -> Path:
        """The summary in the form of 21 CFR 807.92 as PDF."""
        return self.root / "summary.pdf"

    @property
    def summary_html(self) -> Path:
        """The summary as one HTML file."""
        return self.root / "summary.html"

    @property
    def report_parts(self) -> Path:
        """The report's tables as CSV, and its figures as SVG with the data behind them."""
        return self.root / "report"

    @property
    def trail(self) -> Path:
        """The audit trail of this run folder: what was done to it, by whom and when."""
        return self.root / "trail.jsonl"

    @property
    def ledger(self) -> Path:
        """A copy of the test set's ledger when the results were written, where the test set has one."""
        return self.root / "ledger.jsonl"

    @property
    def record(self) -> Path:
        """run.json."""
        return self.root / "run.json"

    @property
    def manifest(self) -> Path:
        """Path, size and SHA-256 of every other file."""
        return self.root / "manifest.json"

    def input(self, name: str) -> Path | None:
        """Return the path of an input table, whatever its ending; None where the run has none.

        One table may contain studies, reads and predictions; it is then the path of each.
        """
        names = (name, ONE_TABLE) if name in OF_ONE_TABLE else (name,)
        return next(
            (
                path
                for one in names
                for path in sorted(self.inputs.glob(f"{one}.*"))
                if path.name.startswith(f"{one}.")
            ),
            None,
        )

    def require_input(self, name: str) -> Path:
        """Return the path of an input table.

        Raises:
            BadInputError: the run has no such table.
        """
        path = self.input(name)
        if path is None:
            raise BadInputError(f"{self.inputs}: has no table {name!r}.")
        return path

    def read_record(self) -> RunRecord:
        """Read run.json.

        Raises:
            BadInputError: this is no run folder, or its record is not of this schema.
        """
        made = "name a folder that `validate` or `run` made"
        try:
            content = self.record.read_bytes()
        except OSError as error:
            raise BadInputError(
                f"{self.root}: is no run folder (run.json cannot be read); {made}."
            ) from error
        return read_document(content, RunRecord, schema=RUN_SCHEMA, source=str(self.record), next_step=made)

    def write_record(self, record: RunRecord) -> None:
        """Write run.json."""
        write_text(self.record, record.to_json())


@contextmanager
def create(out: Path) -> Iterator[RunFolder]:
    """Create a run folder when the block ends without an exception, and not before."""
    with new_folder(out) as folder:
        yield RunFolder(folder)


@contextmanager
def amended(root: Path) -> Iterator[RunFolder]:
    """Change a copy of a run folder, which replaces it when the block ends without an exception.

    The copy is complete and checked against the manifest when the block begins. A process that is killed leaves the
    old folder or the new one; an interruption between the two renamings is repaired here at the next call.

    Raises:
        BadInputError: this is not a run folder.
        EvidenceDiffersError: a file differs from the manifest.
        NotPossibleHereError: another process works on the folder, or the disk is full or not writable.
    """
    root = root.resolve()
    before = beside(root, "before")
    if not before.is_dir():
        RunFolder(root).read_record()
    with staged(root) as staging:
        if not root.exists():
            before.rename(root)
        shutil.rmtree(before, ignore_errors=True)
        _copy(root, staging)
        check_manifest(staging, copy_of=root)
        yield RunFolder(staging)
        root.rename(before)
        try:
            staging.rename(root)
        except BaseException:
            before.rename(root)
            raise
        sync_folder(root.parent)
        shutil.rmtree(before, ignore_errors=True)


def _copy(root: Path, into: Path) -> None:
    """Copy a run folder; images, which never change, are hard-linked where the file system allows it."""

    def link_or_copy(source: str, target: str) -> None:
        if Path(source).is_relative_to(RunFolder(root).images):
            with suppress(OSError):
                os.link(source, target)
                return
        shutil.copy2(source, target)

    shutil.copytree(root, into, copy_function=link_or_copy, symlinks=True, dirs_exist_ok=True)
