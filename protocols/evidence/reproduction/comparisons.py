"""Comparisons of recomputed parts of a run with the recorded ones: weights, scores, marks, images, results, reports.

Owns the promise of each comparison and its words; "identical" is used for bytes alone. Recomputing is `rerun`; the
walk through two documents is `json_diff`, through two files of weights `weights_diff`.
Source: DESIGN.md, "What reproduced means".
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from protocols.evidence.reproduction.json_diff import Difference, beyond_tolerance, differences
from protocols.evidence.reproduction.weights_diff import first_difference
from protocols.finding import ABSENT, SHOWN, ReproductionFinding
from protocols.images.hashes import read_inventory
from protocols.recorded_results import RecordedDecisions, recorded_results
from protocols.schema.metrics import SCORE_TOLERANCE
from protocols.storage.canonical import PLACES
from protocols.storage.run_folder import RunFolder
from protocols.tables.boxes_and_marks import marks_from
from protocols.tables.checks import predictions_from
from protocols.tables.reading import read_table
from protocols.tables.records import Predictions

MARK_TOLERANCE = 0.002  # proportion of a side: half a pixel of an image of 256


def same_bytes(what: str, recorded: Path, recomputed: Path) -> ReproductionFinding:
    """Compare two files to the byte, as level 1 promises."""
    same = recorded.read_bytes() == recomputed.read_bytes()
    return ReproductionFinding(what, same, "identical to the byte" if same else "other bytes")


def _same_folder(what: str, recorded: Path, recomputed: Path) -> ReproductionFinding:
    """Compare every file below two folders to the byte."""
    ours, theirs = (
        {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (recorded, recomputed)
    )
    other = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    if other:
        return ReproductionFinding(what, False, f"{len(other)} other files: {', '.join(other[:SHOWN])}")
    return ReproductionFinding(what, True, f"{len(ours)} files, identical to the byte")


def compare_weights(recorded: Path, recomputed: Path) -> ReproductionFinding:
    """Compare weights as level 3 promises: the same bytes; otherwise name the first array that differs."""
    if recorded.read_bytes() == recomputed.read_bytes():
        return ReproductionFinding("weights", True, "identical to the byte")
    return ReproductionFinding("weights", False, f"other bytes: {first_difference(recorded, recomputed)}")


def compare_scores(run: RunFolder, again: RunFolder) -> Iterator[ReproductionFinding]:
    """Compare scores as level 2 promises: each within 1e-5 of the recorded one, and no decision flipped."""
    recorded, recomputed = _predictions(run), _predictions(again)
    if recorded.image_id != recomputed.image_id or recorded.status != recomputed.status:
        yield ReproductionFinding(
            "scores", False, f"other images have a score: {_other_status(recorded, recomputed)}"
        )
        return
    scored = ~np.isnan(recorded.score)
    # Scores carry 6 decimals; the difference of two of them carries the error of binary fractions as well.
    distance = np.where(scored, np.round(np.abs(recorded.score - recomputed.score), PLACES), 0.0)
    largest = float(distance.max(initial=0.0))
    count = f"{int(scored.sum())} scores"
    if largest == 0:
        same = (
            run.require_input("predictions").read_bytes() == again.require_input("predictions").read_bytes()
        )
        yield ReproductionFinding(
            "scores", True, f"{count}, {'identical to the byte' if same else 'all equal'}"
        )
    else:
        row = int(distance.argmax())
        both = f"{recorded.image_id[row]} recorded {recorded.score[row]:.6f}, recomputed {recomputed.score[row]:.6f}"
        others = int((distance > 0).sum())
        words = (
            f"{both}, the largest of {others} differences in {count}: {largest:.1e}, "
            f"allowed {SCORE_TOLERANCE:.0e}"
        )
        yield ReproductionFinding("scores", largest <= SCORE_TOLERANCE, words)
    threshold = recorded_threshold(run)
    flipped = np.flatnonzero(scored & ((recorded.score >= threshold) != (recomputed.score >= threshold)))
    names = ", ".join(recorded.image_id[row] for row in flipped[:SHOWN])
    yield ReproductionFinding(
        "decisions", not len(flipped), f"{len(flipped)} flipped: {names}" if len(flipped) else "none flipped"
    )


def recorded_threshold(run: RunFolder) -> float:
    """Return the threshold that the recorded decisions were made with."""
    recorded = recorded_results(run.results.read_bytes(), RecordedDecisions, source=str(run.results))
    return recorded.operating_point.threshold


def _other_status(recorded: Predictions, recomputed: Predictions) -> str:
    """Name the first image by code point that only one side has, or whose status differs, with both statuses."""
    ours, theirs = (dict(zip(one.image_id, one.status, strict=True)) for one in (recorded, recomputed))
    for image in sorted({*ours, *theirs}):
        if ours.get(image) != theirs.get(image):
            return f"{image} recorded {ours.get(image, ABSENT)}, recomputed {theirs.get(image, ABSENT)}"
    return "the same, in another order"


def compare_images(run: RunFolder, again: RunFolder) -> ReproductionFinding:
    """Compare the image files with those that the run scored; other pixels from another decoder are no difference."""
    recorded, recomputed = (read_inventory(folder.require_input("images")).records for folder in (run, again))
    other = sorted(
        image
        for image in {*recorded, *recomputed}
        if image not in recorded
        or image not in recomputed
        or recorded[image].file_sha256 != recomputed[image].file_sha256
    )
    if other:
        names = ", ".join(other[:SHOWN])
        return ReproductionFinding("images", False, f"{len(other)} are not the files of the run: {names}")
    pixels = sum(recorded[image].pixels_sha256 != recomputed[image].pixels_sha256 for image in recorded)
    decoded = f", {pixels} decoded to other pixels here" if pixels else ""
    return ReproductionFinding("images", True, f"{len(recorded)} files, identical{decoded}")


def compare_marks(run: RunFolder, again: RunFolder) -> ReproductionFinding:
    """Compare marks as level 2 promises: the same images have one, and each moved by 0.002 of a side at most."""
    recorded, recomputed = (
        marks_from(read_table(folder.require_input("marks"))).by_image for folder in (run, again)
    )
    if {image for image, mark in recorded.items() if mark} != {
        image for image, mark in recomputed.items() if mark
    }:
        return ReproductionFinding("marks", False, "other images have a mark")
    farthest = max(
        (
            round(max(abs(mark.x - moved.x), abs(mark.y - moved.y)), PLACES)
            for image, mark in recorded.items()
            if mark and (moved := recomputed[image])
        ),
        default=0.0,
    )
    words = "identical" if farthest == 0 else f"largest distance {farthest:.1e}, allowed {MARK_TOLERANCE:g}"
    return ReproductionFinding("marks", farthest <= MARK_TOLERANCE, f"{len(recorded)} marks, {words}")


def _predictions(folder: RunFolder) -> Predictions:
    return predictions_from(read_table(folder.require_input("predictions")))


def compare_results(run: RunFolder, again: RunFolder, *, exactly: bool) -> Iterator[ReproductionFinding]:
    """Compare results.json: at level 1 every byte, with the line listing; below, score-based numbers may move."""
    if run.results.read_bytes() == again.results.read_bytes():
        yield ReproductionFinding("results.json", True, "identical to the byte")
    else:
        recorded, recomputed = json.loads(run.results.read_bytes()), json.loads(again.results.read_bytes())
        compare = differences if exactly else beyond_tolerance
        different: list[Difference] = list(compare(recorded, recomputed))
        for difference in islice(different, SHOWN):
            yield ReproductionFinding("results.json", False, str(difference))
        if len(different) > SHOWN:
            yield ReproductionFinding("results.json", False, f"and {len(different) - SHOWN} more keys")
        if not different:
            yield ReproductionFinding(
                "results.json", True, "same decisions; score-based numbers within tolerance"
            )
    if exactly:
        yield same_bytes("line_listing.csv", run.line_listing, again.line_listing)


def compare_reports(
    run: RunFolder, again: RunFolder, same_stack: bool, same_content: Callable[[bytes, bytes], bool]
) -> Iterator[ReproductionFinding]:
    """Compare reports: to the byte with the recorded render stack, else by their text and attached results."""
    if run.results.read_bytes() != again.results.read_bytes():
        yield ReproductionFinding("report.pdf", True, "as it prints the results above", "not checked")
    elif same_stack:
        yield same_bytes("report.pdf", run.report_pdf, again.report_pdf)
        yield same_bytes("report.html", run.report_html, again.report_html)
        yield same_bytes("summary.pdf", run.summary_pdf, again.summary_pdf)
        yield same_bytes("summary.html", run.summary_html, again.summary_html)
        yield _same_folder("report/", run.report_parts, again.report_parts)
    else:
        for recorded, recomputed in (
            (run.report_pdf, again.report_pdf),
            (run.summary_pdf, again.summary_pdf),
        ):
            same = same_content(recorded.read_bytes(), recomputed.read_bytes())
            stack = "drawn by other libraries than recorded"
            words = f"content-equal: {stack}, same text and results" if same else f"other content, {stack}"
            yield ReproductionFinding(recorded.name, same, words, "content-equal" if same else "compared")
