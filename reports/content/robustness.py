"""robustness/ of a run folder -> the robustness test as a report prints it.

Owns the check that the test belongs to the run, the rows, and the notes on missing values. The numbers come from the
results; the figures are `perturbations`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.device_timing import DeviceTiming, read_timing
from protocols.errors import EvidenceDiffersError
from protocols.storage.canonical import sha256_bytes
from protocols.storage.reading import read_content
from protocols.storage.run_folder import RunFolder
from protocols.tables.perturbation_scores import Family, PerturbationFolder
from reports.content.cautions import CautionNote
from reports.language.formatting import sentence
from reports.language.missing_value_notes import missing_value_notes
from reports.language.vocabulary import Words
from reports.provenance.sourced_numbers import sourced
from validation.results.robustness_results import (
    CHANGED_METRICS,
    Perturbed,
    RobustnessResults,
    robustness_from_json,
)

SECTION = "perturbations"
ATTACHED_AS = "robustness.json"
AGAIN = "run `robustness` on the run folder"
# What the places of its numbers begin with.
ROBUSTNESS, TIMING = "robustness/results.json", "robustness/timing.json"


@dataclass(frozen=True, slots=True)
class RobustnessReport:
    """What a report shows of a robustness test.

    Attributes:
        results: those of robustness/results.json.
        perturbations, shortcuts: the items of each family, in the order of the perturbation set.
        perturbation_notes, shortcut_notes: which values are missing, and why.
        cautions: of the results, for the summary and the section.
        timing: None where the run has none.
        results_json: the attachment, bytes as they are.
        sha256: of these.
    """

    results: RobustnessResults
    perturbations: tuple[Perturbed, ...]
    shortcuts: tuple[Perturbed, ...]
    perturbation_notes: tuple[str, ...]
    shortcut_notes: tuple[str, ...]
    cautions: tuple[CautionNote, ...]
    timing: DeviceTiming | None
    results_json: bytes
    sha256: str


def read_robustness(run: RunFolder, results_json: bytes, words: Words) -> RobustnessReport | None:
    """Read the robustness test of a run; None where there is none.

    Raises:
        BadInputError: a file of it is missing or not as `robustness` writes it.
        EvidenceDiffersError: it was made from other results or scores than those of the run.
    """
    folder = PerturbationFolder.of(run)
    if not folder.root.is_dir():
        return None
    content = read_content(folder.results, next_step=AGAIN)
    results = sourced(robustness_from_json(content, source=str(folder.results)), ROBUSTNESS)
    identities = results.identities
    _require_same(folder.results, run.results, sha256_bytes(results_json), identities.results_sha256)
    for path, recorded in (
        (folder.items, identities.perturbations_sha256),
        (folder.scores, identities.scores_sha256),
    ):
        _require_same(folder.results, path, sha256_bytes(read_content(path, next_step=AGAIN)), recorded)
    perturbations, shortcuts = (_of_family(results, family) for family in ("perturbation", "shortcut"))
    return RobustnessReport(
        results=results,
        perturbations=perturbations,
        shortcuts=shortcuts,
        perturbation_notes=_notes(perturbations, words, differences_of=CHANGED_METRICS),
        shortcut_notes=_notes(shortcuts, words, differences_of=("auroc",)),
        cautions=_cautions(results),
        timing=sourced(read_timing(folder.timing), TIMING),
        results_json=content,
        sha256=sha256_bytes(content),
    )


def _of_family(results: RobustnessResults, family: Family) -> tuple[Perturbed, ...]:
    return tuple(item for item in results.perturbed if item.family == family)


def _require_same(results: Path, path: Path, found: str, recorded: str) -> None:
    if found != recorded:
        raise EvidenceDiffersError(
            f"{results}: was made from another {path.name} (sha256 {recorded}); run `robustness` again."
        )


def _notes(items: Sequence[Perturbed], words: Words, *, differences_of: Sequence[str]) -> tuple[str, ...]:
    """Return why values or intervals in the tables are missing."""
    lacking = [
        (change.difference.note, f"change of {words.within(words.metric(change.metric))} with {item.name}")
        for item in items
        for change in item.changes
        if change.metric in differences_of
    ]
    lacking += [(item.flips.share.note, f"share of flips with {item.name}") for item in items]
    lacking += [
        (item.change("auroc").value.note, f"{words.metric('auroc')} with {item.name}")
        for item in items
        if item.family == "shortcut"
    ]
    return missing_value_notes(lacking)


def _cautions(results: RobustnessResults) -> tuple[CautionNote, ...]:
    names = {item.id: item.name for item in results.perturbed} | {"repeated": "repeated scoring"}
    return tuple(
        CautionNote(
            sentence(names.get(caution.about, caution.about)), f"{sentence(caution.text)}.", SECTION, None
        )
        for caution in results.cautions
    )
