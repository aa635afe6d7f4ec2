"""A study into a run folder that appears only when all of it is done: from cohort to report, or from tables of scores.

Owns the order, the look at the test set, the copying of inputs, the record and the manifest. What a stage does is
`stages`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cxr510k.workflow.inputs import CohortSource, reads_of, store_input, studies_of
from cxr510k.workflow.invocation import Invocation
from cxr510k.workflow.run_additions import record_report, timed
from cxr510k.workflow.stages import Stages
from protocols.ledger.run_trail import record_made
from protocols.model_folder import OPERATING_POINT
from protocols.progress import Progress
from protocols.registration.counted_look import Look, counted_look
from protocols.schema.load import LoadedProtocol
from protocols.storage.canonical import write_bytes, write_text
from protocols.storage.manifest import entries_of, write_manifest
from protocols.storage.output_lock import exclusive_output
from protocols.storage.run_folder import IN_THE_RUN, RunFolder, create
from validation.cohort.inputs import InputFiles
from validation.results.results import Results
from validation.run import validate


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """The ledger in which looks at a test set are counted.

    Attributes:
        path: there or not; None where there is no place for one.
        named: whether the user named it, so that the look has to be counted.
    """

    path: Path | None
    named: bool


def run_study(
    out: Path,
    loaded: LoadedProtocol,
    source: CohortSource,
    stages: Stages,
    progress: Progress,
    *,
    work: Path,
    ledger: LedgerPlace,
    invocation: Invocation,
) -> Look:
    """Do the main job: cohort, train, predict, validate, illustrate, report.

    Args:
        out: the run folder to make; absent or empty.
        loaded: the protocol.
        source: of tables and images.
        stages: what is done, in the order of `Stages`.
        progress: called at every stage.
        work: folder of decoded images and checkpoints; interrupted, the same job goes on with them and ends in
            the same bytes. The caller removes it when it is no longer needed.
        ledger: of the test set.
        invocation: for the record and the trail.

    Returns:
        The look at the test set, ended.

    Raises:
        BadInputError: a look that `look.begin` would refuse, as far as it is known before anything is trained.
    """
    durations: dict[str, float] = {}
    looked = counted_look(ledger.path, loaded, invocation.stamping, named=ledger.named)
    with looked as look, create(out) as folder:
        write_bytes(folder.protocol, loaded.content)
        folder.inputs.mkdir()
        with timed("cohort", durations):
            images = source.bring(folder, loaded, progress)
        _refuse_unlocked(folder, loaded, look)
        with timed("train", durations):
            training = stages.train(folder, images, work, progress)
        if loaded.protocol.operating_point.origin:
            look.freeze(folder.model / OPERATING_POINT)
        with timed("predict", durations):
            stages.predict(folder, images, work, progress)
        with timed("validate", durations):
            verdict = stages.validate(folder, progress, look.begin)
        _end(look, folder, verdict)
        with timed("illustrate", durations):
            stages.illustrate(folder, images, work, progress)
        inside = images.root == folder.root
        record = replace(
            invocation.run_record(),
            device=training.device,
            images_per_second={"train": round(training.images_per_second, 1)},
            image_root=IN_THE_RUN if inside else str(images.root.resolve()),
            ledger=look.recorded_path,
        )
        folder.write_record(replace(record, durations_seconds=durations))
        record_made(folder, invocation.stamping(), invocation.command)
        record_report(folder, entries_of(folder.root), stages, progress, invocation)
        write_manifest(folder.root)
    return look


def validate_study(
    out: Path,
    loaded: LoadedProtocol,
    inputs: InputFiles,
    kept: Mapping[str, Path],
    progress: Progress,
    *,
    ledger: LedgerPlace,
    invocation: Invocation,
) -> tuple[Results, Look]:
    """Measure scores that were made elsewhere, into a run folder.

    Args:
        out: the run folder to make; absent or empty.
        loaded: the protocol.
        inputs: the tables that are read.
        kept: name in the run's inputs -> the file as given, which is copied.
        progress: called at every stage.
        ledger: of the test set.
        invocation: for the record and the trail.

    Returns:
        The results, and the look at the test set, ended.

    Raises:
        BadInputError: a table, or a look that `look.begin` refuses.
    """
    looked = counted_look(ledger.path, loaded, invocation.stamping, named=ledger.named)
    with exclusive_output(out), looked as look:
        done = validate(loaded, inputs, progress, look.begin)
        with create(out) as folder:
            write_bytes(folder.protocol, loaded.content)
            folder.inputs.mkdir()
            for name, path in kept.items():
                store_input(folder, name, path)
            write_text(folder.results, done.results.to_json())
            write_text(folder.line_listing, done.line_listing)
            _end(look, folder, done.results.verdict)
            folder.write_record(replace(invocation.run_record(), ledger=look.recorded_path))
            record_made(folder, invocation.stamping(), invocation.command)
            write_manifest(folder.root)
    return done.results, look


def _refuse_unlocked(folder: RunFolder, loaded: LoadedProtocol, look: Look) -> None:
    studies = studies_of(loaded, folder.require_input("studies"))
    look.refuse_unlocked(studies, reads_of(loaded, folder.require_input("reads")))


def _end(look: Look, folder: RunFolder, verdict: str) -> None:
    """Enter the results in the ledger, and copy the ledger into the run."""
    snapshot = look.end(folder.results.read_bytes(), verdict)
    if snapshot is not None:
        write_bytes(folder.ledger, snapshot)
