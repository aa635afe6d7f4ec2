"""A run again, from a given level down, in a temporary folder, and where anything first differs.

Owns the levels and what each promises. The stages are the run's own (`pipeline`); how documents are
compared is `comparison`. A second implementation of the numbers is a function that the command line passes in.
Source: DESIGN.md, "What reproduced means".
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from protocols.admission import predictions_from
from protocols.battery import BatteryFolder, BatteryScores, largest_distance
from protocols.boxes import marks_from
from protocols.canonical import PLACES, write_text
from protocols.comparison import SCORE_TOLERANCE, Difference, beyond_tolerance, differences
from protocols.errors import BadInputError, NotPossibleHereError
from protocols.images.folder import ImageFolder
from protocols.manifest import differences as changed_files
from protocols.pipeline import Stages, recorded_images
from protocols.progress import Progress
from protocols.records import Predictions
from protocols.run_folder import RunFolder
from protocols.tables import read_table

LEVELS = (1, 2, 3)
WEIGHTS = "model.weights.h5"
MARK_TOLERANCE = 0.002  # shares of a side: half a pixel of a picture of 256
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of comparing one thing; ``reproduced`` says whether the promise of the level is kept."""

    what: str
    reproduced: bool
    words: str


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
            found.append(_same_bytes("weights", run.model / WEIGHTS, again.model / WEIGHTS))
        if level >= 2 and images:
            stages.predict(again, images, work, progress)
            found.append(_same_bytes("images", *(one.require_input("images") for one in (run, again))))
            found += compare_scores(run, again)
            if run.input("marks"):
                found.append(compare_marks(run, again))
        stages.validate(again, progress)
        if level >= 3 and images:
            stages.illustrate(again, images, work, progress)
        found += _compare_results(run, again, exactly=level == 1)
        if BatteryFolder.of(run).root.is_dir():
            scores = stages.perturb(again, images, work, progress) if level >= 2 and images else None
            found += _compare_robustness(run, again, scores, stages, progress)
        if run.report_pdf.exists():
            same_stack = stages.report(again, progress) == record.render_stack
            found += _compare_reports(run, again, same_stack, same_content)
    return found


def _copy_evidence(run: RunFolder, again: RunFolder) -> None:
    """What a rerun starts from: plan, inputs, model and record, and no output."""
    shutil.copy(run.protocol, again.protocol)
    shutil.copy(run.record, again.record)
    shutil.copytree(run.inputs, again.inputs)
    if run.model.is_dir():
        shutil.copytree(run.model, again.model)


def _same_bytes(what: str, recorded: Path, recomputed: Path) -> Finding:
    same = recorded.read_bytes() == recomputed.read_bytes()
    return Finding(what, same, "identical to the byte" if same else "other bytes")


def compare_scores(run: RunFolder, again: RunFolder) -> Iterator[Finding]:
    """Level 2's promise about scores: each within 1e-5 of the recorded one, and no decision flipped."""
    recorded, recomputed = _predictions(run), _predictions(again)
    if recorded.image_id != recomputed.image_id or recorded.status != recomputed.status:
        yield Finding("scores", False, "other images have a score")
        return
    scored = ~np.isnan(recorded.score)
    # Scores carry 6 decimals; the difference of two of them carries the error of binary fractions as well.
    distance = np.round(np.abs(recorded.score - recomputed.score)[scored], 9)
    largest = float(distance.max()) if len(distance) else 0.0
    within = largest <= SCORE_TOLERANCE
    word = "identical" if largest == 0 else f"largest difference {largest:.1e}, allowed {SCORE_TOLERANCE:.0e}"
    yield Finding("scores", within, f"{int(scored.sum())} scores, {word}")
    threshold = json.loads(run.results.read_bytes())["operating_point"]["threshold"]
    flipped = np.flatnonzero(scored & ((recorded.score >= threshold) != (recomputed.score >= threshold)))
    names = ", ".join(recorded.image_id[row] for row in flipped[:SHOWN])
    yield Finding(
        "decisions", not len(flipped), f"{len(flipped)} flipped: {names}" if len(flipped) else "none flipped"
    )


def compare_marks(run: RunFolder, again: RunFolder) -> Finding:
    """Level 2's promise about marks: the same images have one, and its point has moved by 0.002 of a side at most."""
    recorded, recomputed = (
        marks_from(read_table(folder.require_input("marks"))).by_image for folder in (run, again)
    )
    if {image for image, mark in recorded.items() if mark} != {
        image for image, mark in recomputed.items() if mark
    }:
        return Finding("marks", False, "other images have a mark")
    farthest = max(
        (
            round(max(abs(mark.x - moved.x), abs(mark.y - moved.y)), PLACES)
            for image, mark in recorded.items()
            if mark and (moved := recomputed[image])
        ),
        default=0.0,
    )
    words = "identical" if farthest == 0 else f"largest distance {farthest:.1e}, allowed {MARK_TOLERANCE:g}"
    return Finding("marks", farthest <= MARK_TOLERANCE, f"{len(recorded)} marks, {words}")


def _predictions(folder: RunFolder) -> Predictions:
    return predictions_from(read_table(folder.require_input("predictions")))


def _compare_results(run: RunFolder, again: RunFolder, *, exactly: bool) -> Iterator[Finding]:
    if run.results.read_bytes() == again.results.read_bytes():
        yield Finding("results.json", True, "identical to the byte")
    else:
        recorded, recomputed = json.loads(run.results.read_bytes()), json.loads(again.results.read_bytes())
        compare = differences if exactly else beyond_tolerance
        different: list[Difference] = list(compare(recorded, recomputed))
        for difference in islice(different, SHOWN):
            yield Finding("results.json", False, str(difference))
        if len(different) > SHOWN:
            yield Finding("results.json", False, f"and {len(different) - SHOWN} more keys")
        if not different:
            yield Finding("results.json", True, "same decisions; score-based numbers within tolerance")
    if exactly:
        yield _same_bytes("line_listing.csv", run.line_listing, again.line_listing)


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
    yield _same_bytes("robustness/results.json", recorded.results, recomputed.results)


def _compare_reports(
    run: RunFolder, again: RunFolder, same_stack: bool, same_content: Callable[[bytes, bytes], bool]
) -> Iterator[Finding]:
    """Identical with the recorded render stack; with another one the same text and results in other bytes."""
    if run.results.read_bytes() != again.results.read_bytes():
        yield Finding("report.pdf", True, "not compared: it prints the results above")
    elif same_stack:
        yield _same_bytes("report.pdf", run.report_pdf, again.report_pdf)
        yield _same_bytes("report.html", run.report_html, again.report_html)
    else:
        same = same_content(run.report_pdf.read_bytes(), again.report_pdf.read_bytes())
        words = "content-equal: drawn by other libraries than recorded, same text and results"
        yield Finding(
            "report.pdf", same, words if same else "other content, drawn by other libraries than recorded"
        )
