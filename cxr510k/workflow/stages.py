"""The stages of a study: each reads and adds files of one run folder, so that a rerun repeats exactly what a run did.

The rooms are imported inside the stages: validation alone never loads a deep-learning library.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from cxr510k.workflow.inputs import labels_of, protocol_of, studies_of
from protocols.images.folder import ImageFolder
from protocols.model_folder import DeviceName
from protocols.progress import Progress
from protocols.registration.counted_look import CountLook
from protocols.storage.canonical import write_bytes, write_text
from protocols.storage.run_folder import RunFolder
from protocols.tables.perturbation_scores import PerturbationFolder, PerturbationScores


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What a training ran on and how fast: the device's name, and images per second."""

    device: str
    images_per_second: float


class ValidateStage(Protocol):
    """Protocol and inputs -> results.json and line_listing.csv; returns the verdict. A rerun counts no look."""

    def __call__(self, folder: RunFolder, progress: Progress, count_look: CountLook | None = None) -> str:
        """Call ``count_look``, where it is given, before scores and reference are joined."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of a run; tests put others in their place.

    Attributes:
        train: inputs and images -> model/; its third argument is a folder of work that outlives an interruption.
        predict: model/ and images -> inputs/predictions.csv and images.csv, and marks.csv where there are boxes.
        validate: see `ValidateStage`.
        illustrate: model/, images and line_listing.csv -> figures in model/ that the report shows.
        report: the folder -> report.pdf, summary.pdf, both as HTML, and report/; returns the render stack.
        perturb: model/ and images -> the scores of perturbed images.
        measure: results.json, inputs and tables of perturbed scores -> the text of their results.
        time_images: model/ and images -> the text of timing.json.
    """

    train: Callable[[RunFolder, ImageFolder, Path, Progress], TrainingRun]
    predict: Callable[[RunFolder, ImageFolder, Path, Progress], None]
    validate: ValidateStage
    illustrate: Callable[[RunFolder, ImageFolder, Path, Progress], None]
    report: Callable[[RunFolder, Progress], Mapping[str, str]]
    perturb: Callable[[RunFolder, ImageFolder, Path, Progress], PerturbationScores]
    measure: Callable[[RunFolder, PerturbationFolder, Progress], str]
    time_images: Callable[[RunFolder, ImageFolder, Progress], str]


def stages_on(device: DeviceName, *, fonts: Sequence[Path] = ()) -> Stages:
    """Return the stages as the suite does them.

    Args:
        device: where networks run.
        fonts: for letters that no bundled font has, in the report.
    """
    return Stages(
        train=partial(train, device=device),
        predict=partial(predict, device=device),
        validate=validate,
        illustrate=partial(illustrate, device=device),
        report=partial(report, fonts=fonts),
        perturb=partial(perturb, device=device),
        measure=measure,
        time_images=partial(time_images, device=device),
    )


def train(
    folder: RunFolder, images: ImageFolder, work: Path, progress: Progress, *, device: DeviceName
) -> TrainingRun:
    """Train the device under test on the run's own inputs."""
    from model.training.train import train as train_model

    loaded = protocol_of(folder)
    # Named without its folder, which has no final name while the run is being made.
    studies = replace(studies_of(loaded, folder.require_input("studies")), source="studies")
    labels = labels_of(loaded, folder.require_input("labels"))
    folder.model.mkdir()
    trained = train_model(
        loaded,
        studies,
        labels,
        images,
        folder.model,
        work=work,
        device=device,
        progress=progress,
        initial_weights=folder.initial_weights if folder.initial_weights.exists() else None,
    )
    return TrainingRun(trained.runtime.device_name, trained.images_per_second)


def predict(
    folder: RunFolder, images: ImageFolder, work: Path, progress: Progress, *, device: DeviceName
) -> None:
    """Score the test split; mark where the device points, if readers drew boxes."""
    from model.explanation.saliency import mark
    from model.inference.predict import predict as predict_scores

    studies = studies_of(protocol_of(folder), folder.require_input("studies"))
    predicted = predict_scores(folder.model, studies, images, work=work, device=device, progress=progress)
    write_text(folder.inputs / "predictions.csv", predicted.predictions)
    write_text(folder.inputs / "images.csv", predicted.images)
    if folder.input("boxes"):
        marks = mark(folder.model, studies, images, work=work, device=device, progress=progress)
        write_text(folder.inputs / "marks.csv", marks)


def validate(folder: RunFolder, progress: Progress, count_look: CountLook | None = None) -> str:
    """Measure the run's scores against its reference standard; see `ValidateStage`."""
    from validation.cohort.inputs import input_files
    from validation.run import validate as validate_files

    loaded = protocol_of(folder)
    done = validate_files(loaded, input_files(folder, loaded.protocol), progress, count_look)
    write_text(folder.results, done.results.to_json())
    write_text(folder.line_listing, done.line_listing)
    return done.results.verdict


def illustrate(
    folder: RunFolder, images: ImageFolder, work: Path, progress: Progress, *, device: DeviceName
) -> None:
    """Draw what the device looked at, for the images that the report shows."""
    from model.explanation.illustrations import illustrate as draw
    from protocols.tables.boxes_and_marks import boxes_from
    from protocols.tables.column_mapping import boxes_table

    studies = studies_of(protocol_of(folder), folder.require_input("studies"))
    boxes = folder.input("boxes")
    draw(
        folder.model,
        studies,
        images,
        folder.line_listing,
        boxes_from(boxes_table(boxes).table) if boxes else None,
        work=work,
        device=device,
        progress=progress,
    )


def report(folder: RunFolder, progress: Progress, *, fonts: Sequence[Path] = ()) -> Mapping[str, str]:
    """Render report and summary, and the tables and figures of the report beside them."""
    from reports.render import render

    rendered = render(folder, progress, fonts=fonts)
    write_bytes(folder.report_pdf, rendered.report.pdf)
    write_text(folder.report_html, rendered.report.html)
    write_bytes(folder.summary_pdf, rendered.summary.pdf)
    write_text(folder.summary_html, rendered.summary.html)
    shutil.rmtree(folder.report_parts, ignore_errors=True)
    for name, content in rendered.parts.items():
        path = folder.report_parts / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    return rendered.render_stack


def perturb(
    folder: RunFolder, images: ImageFolder, work: Path, progress: Progress, *, device: DeviceName
) -> PerturbationScores:
    """Score the test images again under every perturbation."""
    from model.inference.perturbed_scores import perturbed_scores

    studies = studies_of(protocol_of(folder), folder.require_input("studies"))
    return perturbed_scores(folder.model, studies, images, work=work, device=device, progress=progress)


def measure(folder: RunFolder, battery: PerturbationFolder, progress: Progress) -> str:
    """Return the text of robustness/results.json."""
    from validation.analyses.robustness import robustness

    return robustness(folder, battery, progress).to_json()


def time_images(folder: RunFolder, images: ImageFolder, progress: Progress, *, device: DeviceName) -> str:
    """Return the text of timing.json: how long the device takes per image on this machine."""
    from model.inference.timing import timing

    studies = studies_of(protocol_of(folder), folder.require_input("studies"))
    timed = timing(folder.model, studies, images, device=device, clock=time.perf_counter, progress=progress)
    return timed.to_json()
