"""What is added to a run that is done: its report, and the test of robustness.

Owns that nothing of the run changes before the whole addition is made, and the entry in its audit trail.
"""

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cxr510k.workflow.invocation import Invocation
from cxr510k.workflow.stages import Stages
from protocols.errors import NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.images.run_images import recorded_images
from protocols.ledger.run_trail import record_change
from protocols.progress import Progress
from protocols.storage.canonical import write_text
from protocols.storage.manifest import (
    ManifestEntry,
    check_manifest,
    entries_of,
    read_manifest,
    write_manifest,
)
from protocols.storage.run_folder import RunFolder, amended
from protocols.tables.perturbation_scores import PerturbationFolder


def add_report(root: Path, stages: Stages, progress: Progress, *, invocation: Invocation) -> None:
    """Render the report of a run folder that is as it was recorded, and update its record and manifest.

    Raises:
        EvidenceDiffersError: a file of the folder differs from the manifest.
    """
    with amended(root) as folder:
        record_report(folder, read_manifest(folder.root), stages, progress, invocation)
        write_manifest(folder.root)


def add_robustness(
    root: Path,
    stages: Stages,
    images: ImageFolder | None,
    progress: Progress,
    *,
    work: Path,
    invocation: Invocation,
) -> PerturbationFolder:
    """Test the device of a run on changed images, and render its report anew where it has one.

    Nothing of the run changes before the whole test is done; an earlier one is replaced.

    Args:
        root: a run folder that is as it was recorded.
        stages: as for a run.
        images: where the images are now; None for where the run had them.
        progress: called at every stage.
        work: for the pack and the test under way; the caller removes it.
        invocation: for the trail.

    Returns:
        The folder of the test within the run.

    Raises:
        EvidenceDiffersError: a file of the folder differs from the manifest.
        NotPossibleHereError: the run has no model, or its images are not to be found.
    """
    run = RunFolder(root)
    record = run.read_record()
    check_manifest(root)
    if not run.model.is_dir():
        raise NotPossibleHereError(f"{root}: holds no model/, so its images cannot be scored again.")
    images = images or recorded_images(run, record.image_root)
    durations: dict[str, float] = {}
    made = PerturbationFolder(work / "robustness")
    with timed("robustness", durations):
        scores = stages.perturb(run, images, work, progress)
        made.root.mkdir(parents=True, exist_ok=True)
        write_text(made.items, scores.items_csv())
        write_text(made.scores, scores.scores_csv())
        write_text(made.results, stages.measure(run, made, progress))
        write_text(made.timing, stages.time_images(run, images, progress))
    with amended(root) as folder:
        there = PerturbationFolder.of(folder)
        shutil.rmtree(there.root, ignore_errors=True)
        shutil.copytree(made.root, there.root)
        record = folder.read_record()
        folder.write_record(replace(record, durations_seconds={**record.durations_seconds, **durations}))
        facts = {"command": invocation.command}
        record_change(folder, "robustness", read_manifest(folder.root), invocation.stamping(), facts)
        if folder.report_pdf.exists():
            record_report(folder, entries_of(folder.root), stages, progress, invocation)
        write_manifest(folder.root)
    return PerturbationFolder.of(run)


def record_report(
    folder: RunFolder,
    before: Iterable[ManifestEntry],
    stages: Stages,
    progress: Progress,
    invocation: Invocation,
) -> None:
    """Render the report and log it as an entry of its own; reports list only entries that `report` did not make."""
    record = folder.read_record()
    durations = dict(record.durations_seconds)
    with timed("report", durations):
        render_stack = stages.report(folder, progress)
    folder.write_record(replace(record, durations_seconds=durations, render_stack=render_stack))
    record_change(folder, "report", before, invocation.stamping(), {"command": invocation.command})


@contextmanager
def timed(stage: str, durations: dict[str, float]) -> Iterator[None]:
    """Put the seconds that a stage took into ``durations``, by the monotonic clock."""
    begun = time.perf_counter()
    yield
    durations[stage] = round(time.perf_counter() - begun, 3)
