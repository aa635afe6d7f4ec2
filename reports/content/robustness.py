"""robustness/ of a run folder -> the robustness test as a report prints it.

Owns the check that the test belongs to the run, the rows, and the notes on missing values. The numbers come from the
results; the figures are `perturbations`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.storage.canonical import sha256_bytes
from protocols.storage.run_folder import RunFolder
from protocols.tables.perturbation_scores import BatteryFolder, Family
from reports.content.cautions import CautionNote
from reports.language.formatting import sentence
from reports.language.missing_value_notes import missing_value_notes
from reports.language.vocabulary import Words
from reports.provenance.sourced_numbers import sourced
from validation.results.robustness_results import Perturbed, RobustnessResults, robustness_from_json

SECTION = "perturbations"
ATTACHED_AS = "robustness.json"
# The keys of its numbers begin with these names.
ROBUSTNESS, TIMING = "robustness/results.json", "robustness/timing.json"


class Distribution(BaseModel):
    """Milliseconds an image of one stage."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    stage: str
    batch: int
    measurements: int
    median_ms: float
    p95_ms: float
    max_ms: float


class Timing(BaseModel):
    """What timing.json says."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    device_name: str
    network: str
    image_size: int
    images: int
    stages: list[Distribution]


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
    timing: Timing | None
    results_json: bytes
    sha256: str


def read_robustness(run: RunFolder, results_json: bytes, words: Words) -> RobustnessReport | None:
    """Read the robustness test of a run; None where there is none.

    Raises:
        BadInputError: a file of it is missing or not as `robustness` writes it.
        EvidenceDiffersError: it was made from other results or scores than those of the run.
    """
    folder = BatteryFolder.of(run)
    if not folder.root.is_dir():
        return None
    content = _content(folder.results)
    results = sourced(robustness_from_json(content, source=str(folder.results)), ROBUSTNESS)
    identities = results.identities
    _require_same(folder.results, run.results, sha256_bytes(results_json), identities.results_sha256)
    for path, recorded in (
        (folder.items, identities.perturbations_sha256),
        (folder.scores, identities.scores_sha256),
    ):
        _require_same(folder.results, path, sha256_bytes(_content(path)), recorded)
    perturbations, shortcuts = (_of_family(results, family) for family in ("perturbation", "shortcut"))
    return RobustnessReport(
        results=results,
        perturbations=perturbations,
        shortcuts=shortcuts,
        perturbation_notes=_notes(
            perturbations, words, differences_of=("sensitivity", "specificity", "auroc")
        ),
        shortcut_notes=_notes(shortcuts, words, differences_of=("auroc",)),
        cautions=_cautions(results),
        timing=sourced(_timing(folder.timing), TIMING),
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


def _timing(path: Path) -> Timing | None:
    if not path.is_file():
        return None
    try:
        return Timing.model_validate_json(_content(path))
    except ValidationError as error:
        raise BadInputError(f"{path}: is no timing as `robustness` writes it.") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"{path}: cannot be read ({error.strerror}); run `robustness` on the run folder."
        ) from error
