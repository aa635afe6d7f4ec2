"""A run from cohort to report: stages in their order, each reading and adding files of one run folder.

Owns the order, the copying of inputs, the record and the manifest. What a stage does is a function that
the command line passes in, so that nothing here knows the device, the statistics or the report.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from protocols.canonical import write_bytes
from protocols.images.folder import ImageFolder
from protocols.load import LoadedProtocol
from protocols.manifest import check_manifest, write_manifest
from protocols.progress import Progress
from protocols.run_folder import RunFolder, RunRecord, create
from protocols.tables import ENDINGS

IN_THE_RUN = "."


@dataclass(frozen=True, slots=True)
class Stages:
    """What the rooms do to a run folder.

    Attributes:
        train: inputs and images -> model/; returns the device's name.
        predict: model/ and images -> inputs/predictions.csv.
        validate: protocol and inputs -> results.json and line_listing.csv; returns the verdict.
        report: the folder -> report.pdf and report.html; returns the render stack.
    """

    train: Callable[[RunFolder, ImageFolder, Progress], str]
    predict: Callable[[RunFolder, ImageFolder, Progress], None]
    validate: Callable[[RunFolder, Progress], str]
    report: Callable[[RunFolder, Progress], Mapping[str, str]]


def run(
    out: Path,
    loaded: LoadedProtocol,
    bring_cohort: Callable[[RunFolder], ImageFolder],
    stages: Stages,
    record: RunRecord,
    progress: Progress,
) -> str:
    """The main job, into a folder that appears only when all of it is done.

    Args:
        out: absent or empty.
        loaded: the protocol.
        bring_cohort: puts the tables into ``inputs`` and says where the images are.
        stages: what is done, in the order of `Stages`.
        record: of this run, without what only the stages know.
        progress: told of every stage.

    Returns:
        The verdict.
    """
    durations: dict[str, float] = {}
    with create(out) as folder:
        write_bytes(folder.protocol, loaded.content)
        folder.inputs.mkdir()
        with _timed("cohort", durations):
            images = bring_cohort(folder)
        with _timed("train", durations):
            device = stages.train(folder, images, progress)
        with _timed("predict", durations):
            stages.predict(folder, images, progress)
        with _timed("validate", durations):
            verdict = stages.validate(folder, progress)
        inside = images.root == folder.root
        record = replace(
            record, device=device, image_root=IN_THE_RUN if inside else str(images.root.resolve())
        )
        folder.write_record(replace(record, durations_seconds=durations))
        with _timed("report", durations):
            render_stack = stages.report(folder, progress)
        folder.write_record(replace(record, durations_seconds=durations, render_stack=render_stack))
        write_manifest(folder.root)
    return verdict


def store_validation(
    out: Path,
    loaded: LoadedProtocol,
    inputs: Mapping[str, Path],
    outputs: Mapping[str, str],
    record: RunRecord,
) -> None:
    """The run folder of a validation on tables from elsewhere.

    Args:
        out: absent or empty.
        loaded: the protocol.
        inputs: name in ``inputs`` -> the file as given.
        outputs: file name -> text.
        record: of this run.
    """
    with create(out) as folder:
        write_bytes(folder.protocol, loaded.content)
        folder.inputs.mkdir()
        for name, path in inputs.items():
            store_input(folder, name, path)
        for name, text in outputs.items():
            write_bytes(folder.root / name, text.encode("utf-8"))
        folder.write_record(record)
        write_manifest(folder.root)


def store_input(folder: RunFolder, name: str, path: Path) -> None:
    """Copy one file, bytes as given, under the name the suite knows it by."""
    ending = next(ending for ending in (*ENDINGS, ".json") if path.name.endswith(ending))
    write_bytes(folder.inputs / f"{name}{ending}", path.read_bytes())


def add_report(
    root: Path, report: Callable[[RunFolder, Progress], Mapping[str, str]], progress: Progress
) -> None:
    """Render the report of a run folder that is as it was recorded, and record it anew.

    Raises:
        EvidenceDiffersError: a file of the folder is not what the manifest says.
    """
    folder = RunFolder(root)
    record = folder.read_record()
    check_manifest(root)
    durations = dict(record.durations_seconds)
    with _timed("report", durations):
        render_stack = report(folder, progress)
    folder.write_record(replace(record, durations_seconds=durations, render_stack=render_stack))
    write_manifest(root)


@contextmanager
def _timed(stage: str, durations: dict[str, float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    durations[stage] = round(time.perf_counter() - begun, 3)
