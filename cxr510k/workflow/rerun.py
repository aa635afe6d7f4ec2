"""The repetition of a run in a temporary folder, from its scores down to a given level, and the first difference.

Owns the order: intact first, then the guard band, then level 1 from the recorded scores, then deeper. The stages are
the run's own (`stages`); what each part is held to is `comparisons`; what the evidence is, `open_evidence`.
Source: DESIGN.md, "What reproduced means".
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cxr510k.workflow.inputs import protocol_of
from cxr510k.workflow.stages import Stages
from protocols.errors import NotPossibleHereError
from protocols.evidence.reproduction.comparisons import (
    compare_images,
    compare_marks,
    compare_reports,
    compare_results,
    compare_scores,
    compare_weights,
    recorded_threshold,
    same_bytes,
)
from protocols.evidence.reproduction.guard_band import GuardBand, guard_band
from protocols.evidence.reproduction.open_evidence import OpenedEvidence
from protocols.evidence.reproduction.rerun_levels import (
    FROM_DATA,
    FROM_SCORES,
    FROM_WEIGHTS,
    LevelOutcome,
    Rerun,
    outcome,
    require_level,
)
from protocols.finding import ReproductionFinding
from protocols.images.folder import ImageFolder
from protocols.model_folder import WEIGHTS
from protocols.progress import Progress
from protocols.schema.metrics import SCORE_TOLERANCE
from protocols.storage.canonical import sha256_file, write_text
from protocols.storage.run_folder import RunFolder
from protocols.tables.perturbation_scores import PerturbationFolder, PerturbationScores, largest_distance
from protocols.tables.reading import read_table
from reports.fonts.supplied import supplied_fonts
from reports.pdf.read_pdf import same_content
from reports.pdf.render_stack import missing_fonts, same_stack
from validation.cohort.inputs import input_files
from validation.independent.comparison import compare, findings
from validation.independent.study import second_opinion
from validation.results.results import results_from_json

ANALYSED = "analysed"
ROBUSTNESS, CHANGED = "robustness/results.json", "robustness/scores.csv"


def rerun_evidence(
    evidence: OpenedEvidence,
    level: int | None,
    stages: Stages,
    images: ImageFolder | None,
    progress: Progress,
    *,
    announce: Callable[[GuardBand], None],
    independent: bool = False,
) -> Rerun:
    """Repeat the stages that a level asks for and compare; the evidence itself is never written to.

    Args:
        evidence: checked; where it is not intact, nothing is repeated.
        level: 1 from scores, 2 also from weights and images, 3 also from data; None repeats no stage.
        stages: as for a run.
        images: where the images are now; None for where the evidence has them.
        progress: called at every stage.
        announce: receives the guard band before anything is recomputed.
        independent: whether to compare with the second implementation of the statistics as well.

    Raises:
        BadInputError: no such level.
        NotPossibleHereError: the run has no model, or its images are not to be found.
    """
    require_level(level)
    if not evidence.intact.reproduced:
        return Rerun(level, (evidence.intact,))
    run = evidence.run
    if level is not None and level >= FROM_WEIGHTS:
        if not run.model.is_dir():
            raise NotPossibleHereError(
                f"{run.root}: holds no model/, so scores cannot be computed again; level 1 is possible."
            )
        images = images or evidence.images()
    band = recorded_band(run)
    announce(band)
    levels = [evidence.intact]
    if level is not None:
        with tempfile.TemporaryDirectory(prefix="cxr510k-rerun-") as temporary:
            repetition = _Repetition(run, Path(temporary), stages, progress)
            levels += repetition.down_to(level, images)
    opinion = _second_opinion(run, progress) if independent else None
    return Rerun(level, tuple(levels), opinion, band)


def recorded_band(run: RunFolder) -> GuardBand:
    """Return the guard band of a run's analysed images."""
    listing = read_table(run.line_listing)
    listing.require(("image_id", "score", "step"))
    rows = [row for row, step in enumerate(listing.columns["step"]) if step == ANALYSED]
    scores = [listing.columns["score"][row] for row in rows]
    return guard_band(
        [listing.columns["image_id"][row] for row in rows],
        np.array([float(score) if score else np.nan for score in scores], dtype=np.float64),
        recorded_threshold(run),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A folder with results, robustness and report made again; ``same_stack``: whether by the recorded libraries."""

    folder: RunFolder
    same_stack: bool


@dataclass(frozen=True, slots=True)
class _Repetition:
    """A run and where it is repeated; each level starts from what the run recorded."""

    run: RunFolder
    work: Path
    stages: Stages
    progress: Progress

    def down_to(self, level: int, images: ImageFolder | None) -> Iterator[LevelOutcome]:
        """Yield level 1 from the recorded scores, then the levels below it."""
        first = self._made(self._fresh(FROM_SCORES), None)
        yield outcome(FROM_SCORES, tuple(self._compared(first, exactly=True)))
        if level >= FROM_WEIGHTS and images:
            yield outcome(FROM_WEIGHTS, tuple(self._from_weights(first, images)))
        if level >= FROM_DATA and images:
            yield outcome(FROM_DATA, tuple(self._from_data(images)))

    def _from_weights(self, first: _Made, images: ImageFolder) -> Iterator[ReproductionFinding]:
        again = self._fresh(FROM_WEIGHTS)
        yield from self._scored(again, images)
        # The very same scores lead to the very same files, which level 1 has made already.
        same = _files(again.inputs) == _files(first.folder.inputs)
        yield from self._compared(first if same else self._made(again, None), exactly=False)

    def _from_data(self, images: ImageFolder) -> Iterator[ReproductionFinding]:
        again = self._fresh(FROM_DATA)
        shutil.rmtree(again.model)
        self.stages.train(again, images, again.root / "work", self.progress)
        yield compare_weights(self.run.model / WEIGHTS, again.model / WEIGHTS)
        yield from self._scored(again, images)
        yield from self._compared(self._made(again, images), exactly=False)

    def _fresh(self, level: int) -> RunFolder:
        """Copy what a level starts from: protocol, inputs, model and records, and no output."""
        again = RunFolder(self.work / f"level-{level}")
        again.root.mkdir()
        for recorded in (self.run.protocol, self.run.record, self.run.ledger, self.run.trail):
            if recorded.exists():
                shutil.copy(recorded, again.root)
        shutil.copytree(self.run.inputs, again.inputs)
        if self.run.model.is_dir():
            shutil.copytree(self.run.model, again.model)
        return again

    def _scored(self, again: RunFolder, images: ImageFolder) -> Iterator[ReproductionFinding]:
        """Score again; compare images, scores, decisions, marks and perturbed scores with the recorded ones."""
        work = again.root / "work"
        self.stages.predict(again, images, work, self.progress)
        yield compare_images(self.run, again)
        yield from compare_scores(self.run, again)
        if self.run.input("marks"):
            yield compare_marks(self.run, again)
        battery = PerturbationFolder.of(self.run)
        if battery.root.is_dir():
            yield _compare_changed(battery, self.stages.perturb(again, images, work, self.progress))

    def _made(self, again: RunFolder, images: ImageFolder | None) -> _Made:
        """Make results and, where they equal the recorded ones, robustness and report; with images, figures too."""
        self.stages.validate(again, self.progress)
        if images:
            self.stages.illustrate(again, images, again.root / "work", self.progress)
        laid_out_alike = False
        if self._same_results(again):
            if PerturbationFolder.of(self.run).root.is_dir():
                self._measure_robustness(again)
            if self.run.report_pdf.exists():
                stack = self.stages.report(again, self.progress)
                laid_out_alike = same_stack(self.run.read_record().render_stack, stack)
        return _Made(again, laid_out_alike)

    def _measure_robustness(self, again: RunFolder) -> None:
        """Measure robustness from the recorded scores; times are of one machine and are copied for the report."""
        recorded, recomputed = PerturbationFolder.of(self.run), PerturbationFolder.of(again)
        recomputed.root.mkdir()
        for name in (recorded.items, recorded.scores, recorded.timing):
            shutil.copy(name, recomputed.root)
        write_text(recomputed.results, self.stages.measure(again, recomputed, self.progress))

    def _compared(self, made: _Made, *, exactly: bool) -> Iterator[ReproductionFinding]:
        yield from compare_results(self.run, made.folder, exactly=exactly)
        battery = PerturbationFolder.of(self.run)
        if battery.root.is_dir():
            if self._same_results(made.folder):
                yield same_bytes(ROBUSTNESS, battery.results, PerturbationFolder.of(made.folder).results)
            else:
                yield ReproductionFinding(
                    ROBUSTNESS, True, "as it belongs to the results above", "not checked"
                )
        if self.run.report_pdf.exists():
            yield from compare_reports(self.run, made.folder, made.same_stack, same_content)

    def _same_results(self, again: RunFolder) -> bool:
        return self.run.results.read_bytes() == again.results.read_bytes()


def _compare_changed(battery: PerturbationFolder, scores: PerturbationScores) -> ReproductionFinding:
    """Compare the scores of perturbed images: at level 2 each is within 1e-5."""
    largest = largest_distance(battery.read(), scores)
    if largest == 0:
        return ReproductionFinding(CHANGED, True, "all equal")
    words = "other images or changes" if largest is None else f"largest difference {largest:.1e}"
    return ReproductionFinding(CHANGED, largest is not None and largest <= SCORE_TOLERANCE, words)


def require_fonts(run: Path, fonts: Sequence[Path]) -> None:
    """Refuse to render a report again without the fonts that were given for it.

    Raises:
        NotPossibleHereError: naming those that are missing.
    """
    lacking = missing_fonts(RunFolder(run).read_record().render_stack, supplied_fonts(fonts))
    if lacking:
        raise NotPossibleHereError(
            f"{run}: its report was drawn with {', '.join(lacking)}; give the same files with --font."
        )


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _second_opinion(folder: RunFolder, progress: Progress) -> tuple[ReproductionFinding, ...]:
    """Compare the recorded numbers with those of the second implementation."""
    recorded = results_from_json(folder.results.read_bytes(), source=str(folder.results))
    protocol = protocol_of(folder).protocol
    opinion = second_opinion(protocol, input_files(folder, protocol), progress)
    return findings(compare(recorded, opinion, protocol), opinion.criteria)
