"""A run again, from a given level down, in a temporary folder, and where anything first differs.

Owns the levels and their order. The stages are the run's own (`pipeline`); what each part is held to is
`reproduction`. A second implementation of the numbers is a function that the command line passes in.
Source: DESIGN.md, "What reproduced means".
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from protocols.battery import BatteryFolder, BatteryScores, largest_distance
from protocols.canonical import write_text
from protocols.comparison import SCORE_TOLERANCE
from protocols.errors import BadInputError, NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.manifest import differences as changed_files
from protocols.pipeline import Stages, recorded_images
from protocols.progress import Progress
from protocols.reproduction import (
    Finding,
    compare_images,
    compare_marks,
    compare_reports,
    compare_results,
    compare_scores,
    same_bytes,
)
from protocols.run_folder import RunFolder

LEVELS = (1, 2, 3)
WEIGHTS = "model.weights.h5"

SecondOpinion = Callable[[RunFolder, Progress], Iterable[Finding]]


def rerun(
    root: Path,
    level: int | None,
    stages: Stages,
    same_content: Callable[[bytes, bytes], bool],
    images: ImageFolder | None,
    progress: Progress,
    *,
    second_opinion: SecondOpinion | None = None,
) -> tuple[Finding, ...]:
    """Check the manifest, then do the stages of a level again and compare; the run itself is never written to.

    Args:
        root: a run folder.
        level: 1 from scores, 2 from weights and images, 3 from data; None does no stage again.
        stages: as for a run.
        same_content: whether two reports embed the same results and hold the same text.
        images: where the images are now; None for where the run had them.
        progress: told of every stage.
        second_opinion: lays the numbers of another implementation beside the recorded ones.

    Raises:
        BadInputError: no run folder, or no such level.
        NotPossibleHereError: the run has no model, or its images are not to be found.
    """
    if level is not None and level not in LEVELS:
        raise BadInputError(f"--level must be one of {', '.join(map(str, LEVELS))}; received {level}.")
    run = RunFolder(root)
    run.read_record()
    changed = changed_files(root)
    if changed:
        return tuple(Finding("manifest", False, sentence) for sentence in changed)
    found = [Finding("manifest", True, "every file is as it was recorded")]
    if level is not None:
        found += _from_level(run, level, stages, same_content, images, progress)
    if second_opinion is not None:
        found += second_opinion(run, progress)
    return tuple(found)


def _from_level(
    run: RunFolder,
    level: int,
    stages: Stages,
    same_content: Callable[[bytes, bytes], bool],
    images: ImageFolder | None,
    progress: Progress,
) -> list[Finding]:
    record = run.read_record()
    if level >= 2 and not run.model.is_dir():
        raise NotPossibleHereError(
            f"{run.root}: holds no model/, so scores cannot be computed again; level 1 is possible."
        )
    if level >= 2:
        images = images or recorded_images(run, record.image_root)
    found: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="cxr510k-rerun-") as temporary:
        again = RunFolder(Path(temporary))
        _copy_evidence(run, again)
        work = again.root / "work"
        if level >= 3 and images:
            shutil.rmtree(again.model)
            stages.train(again, images, work, progress)
            found.append(same_bytes("weights", run.model / WEIGHTS, again.model / WEIGHTS))
        if level >= 2 and images:
            stages.predict(again, images, work, progress)
            found.append(compare_images(run, again))
            found += compare_scores(run, again)
            if run.input("marks"):
                found.append(compare_marks(run, again))
        stages.validate(again, progress)
        if level >= 3 and images:
            stages.illustrate(again, images, work, progress)
        found += compare_results(run, again, exactly=level == 1)
        if BatteryFolder.of(run).root.is_dir():
            scores = stages.perturb(again, images, work, progress) if level >= 2 and images else None
            found += _compare_robustness(run, again, scores, stages, progress)
        if run.report_pdf.exists():
            same_stack = stages.report(again, progress) == record.render_stack
            found += compare_reports(run, again, same_stack, same_content)
    return found


def _copy_evidence(run: RunFolder, again: RunFolder) -> None:
    """What a rerun starts from: plan, inputs, model and record, and no output."""
    shutil.copy(run.protocol, again.protocol)
    shutil.copy(run.record, again.record)
    shutil.copytree(run.inputs, again.inputs)
    if run.model.is_dir():
        shutil.copytree(run.model, again.model)


def _compare_robustness(
    run: RunFolder, again: RunFolder, scores: BatteryScores | None, stages: Stages, progress: Progress
) -> Iterator[Finding]:
    """Scores of changed pictures within 1e-5 where they were computed again; what follows from the recorded ones.

    Times are of one machine and one moment: they are copied, so that the report prints them, and never compared.
    """
    recorded, recomputed = BatteryFolder.of(run), BatteryFolder.of(again)
    if scores is not None:
        largest = largest_distance(recorded.read(), scores)
        within = largest is not None and largest <= SCORE_TOLERANCE
        word = "other images or changes" if largest is None else f"largest difference {largest:.1e}"
        yield Finding("robustness/scores.csv", within, "identical" if largest == 0 else word)
    if run.results.read_bytes() != again.results.read_bytes():
        yield Finding("robustness/results.json", True, "not compared: it belongs to the results above")
        return
    recomputed.root.mkdir()
    for name in (recorded.items, recorded.scores, recorded.timing):
        shutil.copy(name, recomputed.root)
    write_text(recomputed.results, stages.measure(again, recomputed, progress))
    yield same_bytes("robustness/results.json", recorded.results, recomputed.results)
