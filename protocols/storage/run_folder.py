"""The folder of one run: where everything lies, how it comes to be whole or not at all, and its run record.

Owns names and the volatile record of time, machine and versions (run.json). What each file holds is the
business of whoever writes it. Source: the contract ("Run folder").
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
    """What is true of this run alone: hashed, never compared by a rerun.

    Attributes:
        started: UTC, as ``2026-01-31T12:00:00Z``; also the date of the report.
        command: what was typed after ``cxr510k``.
        suite: version of this package.
        python, platform, host: of the machine.
        versions: package -> version of what computed or drew.
        image_root: folder that the studies' ``image_path`` is relative to, ``.`` for the run folder
            itself, or None where no image was read.
        device: what trained and scored, as TensorFlow or JAX names it, or None.
        durations_seconds: stage -> seconds.
        images_per_second: stage -> rate, for training.
        render_stack: what laid out the PDF, name -> version; empty before `report`.
        ledger: where the test set's ledger lies; None where the test set is not sealed.
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
        """Canonical JSON of run.json."""
        return json_text({"schema": RUN_SCHEMA, **asdict(self)})


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of a run folder; only `create` makes one."""

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
        """One line an image."""
        return self.root / "line_listing.csv"

    @property
    def model(self) -> Path:
        """The device under test, where the run trained one."""
        return self.root / "model"

    @property
    def initial_weights(self) -> Path:
        """The weights that training began from, where a file was given; bytes as given."""
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
        """The summary in the shape of 21 CFR 807.92 as PDF."""
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
        """What was done to this run folder, by whom and when: a ledger of its own."""
        return self.root / "trail.jsonl"

    @property
    def ledger(self) -> Path:
        """The test set's ledger as it was when the results were written, where the test set has one."""
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
        """The input table of a name, whatever its ending; None where the run has none.

        Where one table stands for studies, reads and predictions, it is each of them.
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
        """The input table of a name.

        Raises:
            BadInputError: the run has none.
        """
        path = self.input(name)
        if path is None:
            raise BadInputError(f"{self.inputs}: holds no table {name!r}.")
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
    """A run folder that appears under its name only when the block ends without an exception."""
    with new_folder(out) as folder:
        yield RunFolder(folder)


@contextmanager
def amended(root: Path) -> Iterator[RunFolder]:
    """A run folder as it will be: a copy that takes its place only when the block ends without an exception.

    The copy is whole and as recorded when the block begins. A process that is killed leaves the folder as it was or
    as it was to become; between the two stands one renaming, and where that was cut short it is made up for here.

    Raises:
        BadInputError: this is no run folder.
        EvidenceDiffersError: a file of it is not what the manifest says.
        NotPossibleHereError: another process works on it, or the disk is full or not writable.
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
    """Images, which are many and never written again, are shared by both where the disk allows it."""

    def share(source: str, target: str) -> None:
        if Path(source).is_relative_to(RunFolder(root).images):
            with suppress(OSError):
                os.link(source, target)
                return
        shutil.copy2(source, target)

    shutil.copytree(root, into, copy_function=share, symlinks=True, dirs_exist_ok=True)
