"""A run from cohort to report: stages in their order, each reading and adding files of one run folder.

Owns the order, the copying of inputs, the record and the manifest. What a stage does is a function that
the command line passes in, so that nothing here knows the device, the statistics or the report.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from protocols.errors import InterruptedWorkError, NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.images.run_images import recorded_images
from protocols.ledger.run_trail import record_change, record_made
from protocols.progress import Progress
from protocols.registration.look import Look, Unseal
from protocols.registration.register import Stamping
from protocols.schema.load import LoadedProtocol
from protocols.storage.canonical import write_bytes, write_text
from protocols.storage.manifest import Entry, check_manifest, entries_of, read_manifest, write_manifest
from protocols.storage.output_lock import alone_at
from protocols.storage.run_folder import IN_THE_RUN, RunFolder, RunRecord, amended, create
from protocols.tables.checks import reads_from, studies_from
from protocols.tables.column_mapping import reads_table, studies_table
from protocols.tables.perturbation_scores import BatteryFolder, BatteryScores
from protocols.tables.reading import ENDINGS

OPERATING_POINT = "operating_point.json"
OTHER_INPUTS = (".json", ".png")  # an operating point, a cohort's profile and its montage


@dataclass(frozen=True, slots=True)
class Training:
    """What a training ran on and how fast: the device's name, and images a second."""

    device: str
    images_per_second: float


class ValidateStage(Protocol):
    """Protocol and inputs -> results.json and line_listing.csv; returns the verdict. A rerun asks nobody to unseal."""

    def __call__(self, folder: RunFolder, progress: Progress, unseal: Unseal | None = None) -> str:
        """Ask ``unseal``, where it is given, before scores and reference are joined."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What the rooms do to a run folder; a stage that takes images keeps its work in a folder that outlives it.

    Attributes:
        train: inputs and images -> model/.
        predict: model/ and images -> inputs/predictions.csv and images.csv, and marks.csv where there are boxes.
        validate: see `ValidateStage`.
        illustrate: model/, images and line_listing.csv -> pictures in model/ that the report shows.
        report: the folder -> report.pdf, summary.pdf, both as HTML, and report/; returns the render stack.
        perturb: model/ and images -> the scores of changed pictures.
        measure: results.json, inputs and a battery's tables -> the text of its results.
    """

    train: Callable[[RunFolder, ImageFolder, Path, Progress], Training]
    predict: Callable[[RunFolder, ImageFolder, Path, Progress], None]
    validate: ValidateStage
    illustrate: Callable[[RunFolder, ImageFolder, Path, Progress], None]
    report: Callable[[RunFolder, Progress], Mapping[str, str]]
    perturb: Callable[[RunFolder, ImageFolder, Path, Progress], BatteryScores]
    measure: Callable[[RunFolder, BatteryFolder, Progress], str]


def run(
    out: Path,
    loaded: LoadedProtocol,
    bring_cohort: Callable[[RunFolder], ImageFolder],
    stages: Stages,
    record: RunRecord,
    progress: Progress,
    *,
    work: Path,
    look: Look,
    stamping: Stamping,
) -> str:
    """The main job, into a folder that appears only when all of it is done.

    Args:
        out: absent or empty.
        loaded: the protocol.
        bring_cohort: puts the tables into ``inputs`` and says where the images are.
        stages: what is done, in the order of `Stages`.
        record: of this run, without what only the stages know.
        progress: told of every stage.
        work: folder of decoded pictures and checkpoints; interrupted, the same job goes on with them and ends in
            the same bytes. The caller removes it when it is no longer needed.
        look: at the test set, by `look.looking`.
        stamping: who, where and when, for the trail.

    Returns:
        The verdict.

    Raises:
        BadInputError: a look that `look.begin` would refuse, as far as it is known before anything is trained.
    """
    durations: dict[str, float] = {}
    with create(out) as folder:
        write_bytes(folder.protocol, loaded.content)
        folder.inputs.mkdir()
        with _timed("cohort", durations):
            images = bring_cohort(folder)
        _refuse_unlocked(folder, loaded, look)
        with _timed("train", durations):
            training = stages.train(folder, images, work, progress)
        if loaded.protocol.operating_point.origin:
            look.freeze(folder.model / OPERATING_POINT)
        with _timed("predict", durations):
            stages.predict(folder, images, work, progress)
        with _timed("validate", durations):
            verdict = stages.validate(folder, progress, look.begin)
        _end(look, folder, verdict)
        with _timed("illustrate", durations):
            stages.illustrate(folder, images, work, progress)
        inside = images.root == folder.root
        record = replace(
            record,
            device=training.device,
            images_per_second={"train": round(training.images_per_second, 1)},
            image_root=IN_THE_RUN if inside else str(images.root.resolve()),
            ledger=look.recorded_path,
        )
        folder.write_record(replace(record, durations_seconds=durations))
        record_made(folder, stamping(), record.command)
        _report(folder, entries_of(folder.root), stages.report, progress, stamping, record.command)
        write_manifest(folder.root)
    return verdict


def _refuse_unlocked(folder: RunFolder, loaded: LoadedProtocol, look: Look) -> None:
    studies = studies_from(studies_table(folder.require_input("studies"), loaded.protocol).table)
    reads = reads_from(reads_table(folder.require_input("reads"), loaded.protocol).table)
    look.refuse_unlocked(studies, reads)


def _end(look: Look, folder: RunFolder, verdict: str) -> None:
    """The results into the ledger, and the ledger as it is with them into the run."""
    snapshot = look.end(folder.results.read_bytes(), verdict)
    if snapshot is not None:
        write_bytes(folder.ledger, snapshot)


@contextmanager
def work_folder(out: Path) -> Iterator[Path]:
    """Where work on ``out`` stands that an interruption must not cost; removed when the work is done.

    Raises:
        NotPossibleHereError: another process works on ``out``.
        InterruptedWorkError: in place of the user's interruption, saying where the work is kept.
    """
    folder = out.with_name(f"{out.name}.work")
    with alone_at(out):
        try:
            yield folder
        except KeyboardInterrupt as stop:
            if not folder.is_dir():
                raise
            raise InterruptedWorkError(
                f"interrupted; {out} was not written. What is done is kept in {folder}: "
                "the same command goes on with it."
            ) from stop
        shutil.rmtree(folder, ignore_errors=True)


def store_validation(
    out: Path,
    loaded: LoadedProtocol,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, str],
    record: RunRecord,
    *,
    look: Look,
    verdict: str,
    stamping: Stamping,
) -> None:
    """The run folder of a validation on tables from elsewhere.

    Args:
        out: absent or empty.
        loaded: the protocol.
        inputs: name in ``inputs`` -> the file as given.
        outputs: file name -> text; one of them is results.json.
        record: of this run.
        look: at the test set, which began when these results were made.
        verdict: of the results.
        stamping: who, where and when, for the trail.
    """
    with create(out) as folder:
        write_bytes(folder.protocol, loaded.content)
        folder.inputs.mkdir()
        for name, path in inputs.items():
            store_input(folder, name, path)
        for name, text in outputs.items():
            write_bytes(folder.root / name, text.encode("utf-8"))
        _end(look, folder, verdict)
        folder.write_record(replace(record, ledger=look.recorded_path))
        record_made(folder, stamping(), record.command)
        write_manifest(folder.root)


def store_input(folder: RunFolder, name: str, path: Path) -> None:
    """Copy one file, bytes as given, under the name the suite knows it by."""
    ending = next(ending for ending in (*ENDINGS, *OTHER_INPUTS) if path.name.endswith(ending))
    write_bytes(folder.inputs / f"{name}{ending}", path.read_bytes())


def add_report(
    root: Path,
    report: Callable[[RunFolder, Progress], Mapping[str, str]],
    progress: Progress,
    *,
    stamping: Stamping,
    command: str,
) -> None:
    """Render the report of a run folder that is as it was recorded, and record it anew.

    Raises:
        EvidenceDiffersError: a file of the folder is not what the manifest says.
    """
    with amended(root) as folder:
        _report(folder, read_manifest(folder.root), report, progress, stamping, command)
        write_manifest(folder.root)


def _report(
    folder: RunFolder,
    before: Iterable[Entry],
    report: Callable[[RunFolder, Progress], Mapping[str, str]],
    progress: Progress,
    stamping: Stamping,
    command: str,
) -> None:
    """Render, and record that in an entry of its own: a report prints the trail as far as it is no report's doing."""
    record = folder.read_record()
    durations = dict(record.durations_seconds)
    with _timed("report", durations):
        render_stack = report(folder, progress)
    folder.write_record(replace(record, durations_seconds=durations, render_stack=render_stack))
    record_change(folder, "report", before, stamping(), {"command": command})


def add_robustness(
    root: Path,
    stages: Stages,
    time_images: Callable[[RunFolder, ImageFolder, Progress], str],
    images: ImageFolder | None,
    progress: Progress,
    *,
    work: Path,
    stamping: Stamping,
    command: str,
) -> None:
    """Test the device of a run on changed pictures, and render its report anew where it has one.

    Nothing of the run changes before the whole test is done; an earlier one is replaced.

    Args:
        root: a run folder that is as it was recorded.
        stages: as for a run.
        time_images: the text of timing.json.
        images: where the images are now; None for where the run had them.
        progress: told of every stage.
        work: for the pack and the test under way; the caller removes it.
        stamping: who, where and when, for the trail.
        command: what was typed, for the trail.

    Raises:
        EvidenceDiffersError: a file of the folder is not what the manifest says.
        NotPossibleHereError: the run has no model, or its images are not to be found.
    """
    run = RunFolder(root)
    record = run.read_record()
    check_manifest(root)
    if not run.model.is_dir():
        raise NotPossibleHereError(f"{root}: holds no model/, so its pictures cannot be scored again.")
    images = images or recorded_images(run, record.image_root)
    durations: dict[str, float] = {}
    made = BatteryFolder(work / "robustness")
    with _timed("robustness", durations):
        scores = stages.perturb(run, images, work, progress)
        made.root.mkdir(parents=True, exist_ok=True)
        write_text(made.items, scores.items_csv())
        write_text(made.scores, scores.scores_csv())
        write_text(made.results, stages.measure(run, made, progress))
        write_text(made.timing, time_images(run, images, progress))
    with amended(root) as folder:
        there = BatteryFolder.of(folder)
        shutil.rmtree(there.root, ignore_errors=True)
        shutil.copytree(made.root, there.root)
        record = folder.read_record()
        folder.write_record(replace(record, durations_seconds={**record.durations_seconds, **durations}))
        record_change(folder, "robustness", read_manifest(folder.root), stamping(), {"command": command})
        if folder.report_pdf.exists():
            _report(folder, entries_of(folder.root), stages.report, progress, stamping, command)
        write_manifest(folder.root)


@contextmanager
def _timed(stage: str, durations: dict[str, float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    durations[stage] = round(time.perf_counter() - begun, 3)
