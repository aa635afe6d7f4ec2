"""The attestation of a rerun: of which evidence, which levels, with what outcome, by whom, when and with what.

Owns the content and its JSON, attestation.json. It states the outcome, also of levels that were not done, and gives
no opinion: "reproduced" does not mean "correct". The page for a person is `reports.pages.attestation`.
Source: the reproduction reports of rebuilders (reproducible-builds.org): outcome, environment, who ran it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from protocols.errors import BadInputError
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.evidence.reproduction.open_evidence import OpenedEvidence
from protocols.evidence.reproduction.rerun_levels import INTACT, LEVELS, PROMISES, Rerun
from protocols.evidence.verification.environment_check import EnvironmentRow, compare_environments
from protocols.finding import ReproductionFinding
from protocols.ledger.chain import Ledger, Stamp, read_ledger
from protocols.recorded_results import ResultsHead, recorded_results
from protocols.storage.canonical import json_text, sha256_file
from protocols.storage.run_folder import RunFolder, RunRecord

SCHEMA: Final = "cxr510k-attestation/1"
JSON, PDF = "attestation.json", "attestation.pdf"

Kind = Literal["bundle", "run folder"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Protocol and verdict as results.json states them; the attestation repeats them without confirming them."""

    protocol_id: str
    protocol_version: int
    protocol_sha256: str
    stage: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The evidence that was rerun.

    Attributes:
        kind: a bundle, or a run folder, which has no signature.
        name: of the folder or archive that was given.
        attestation_sha256: of the bundle's attestation.dsse.json; None for a run folder, or where there is none.
        key_id: of the auditor's key that the signature was checked with; None where it was not checked.
        results_sha256: of results.json; None where there is none.
        claimed: None where results.json cannot be read.
    """

    kind: Kind
    name: str
    attestation_sha256: str | None
    key_id: str | None
    results_sha256: str | None
    claimed: Claimed | None


@dataclass(frozen=True, slots=True)
class AttestedLevel:
    """One level; ``outcome`` is None where it was not requested or not reached."""

    level: int
    promise: str
    asked: bool
    reached: bool
    outcome: str | None
    findings: tuple[ReproductionFinding, ...]


@dataclass(frozen=True, slots=True)
class Attestation:
    """The content of attestation.json.

    Attributes:
        subject: the evidence that was rerun.
        levels: 0 to 3.
        independent: findings of the second implementation; None where it was not requested or not reached.
        verdict: of the rerun, in one line.
        reproduced: whether every requested comparison is within its promise.
        first_difference: in words; None where there is none.
        guard_band: None where nothing was recomputed.
        environment: the rows that differ, by name; empty for evidence that is not intact.
        ran: who, when, where and with what version of the suite.
        machine: system and Python of the rerun.
    """

    subject: Subject
    levels: tuple[AttestedLevel, ...]
    independent: tuple[ReproductionFinding, ...] | None
    verdict: str
    reproduced: bool
    first_difference: str | None
    guard_band: GuardBand | None
    environment: tuple[EnvironmentRow, ...]
    ran: Stamp
    machine: Mapping[str, str]

    def to_json(self) -> str:
        """Return the canonical JSON of attestation.json."""
        return json_text({"schema": SCHEMA, **asdict(self)})


def attest(evidence: OpenedEvidence, rerun: Rerun, here: RunRecord, ran: Stamp) -> Attestation:
    """Return the attestation of a rerun.

    Args:
        evidence: the evidence that was rerun.
        rerun: the outcome.
        here: machine and versions of the rerun, with the render stack of this machine.
        ran: who ran it and when.
    """
    difference = rerun.first_difference
    return Attestation(
        subject=_subject(evidence),
        levels=_levels(evidence, rerun),
        independent=rerun.opinion,
        verdict=rerun.verdict,
        reproduced=rerun.reproduced,
        first_difference=f"{difference.what}: {difference.words}" if difference else None,
        guard_band=rerun.guard_band,
        environment=_environment(evidence, here),
        ran=ran,
        machine={"platform": here.platform, "python": here.python},
    )


def _environment(evidence: OpenedEvidence, here: RunRecord) -> tuple[EnvironmentRow, ...]:
    """Return the rows of machine, versions and render stack that differ; none for evidence that is not intact."""
    if not evidence.intact.reproduced:
        return ()
    rows = compare_environments(evidence.run.read_record(), _trail(evidence.run), here)
    return tuple(sorted((row for row in rows if row.differs), key=lambda row: row.name))


def _trail(run: RunFolder) -> Ledger:
    return read_ledger(run.trail) if run.trail.exists() else Ledger(())


def _subject(evidence: OpenedEvidence) -> Subject:
    """Identify the evidence; where it is not intact, by the bytes as they are."""
    attestation = evidence.bundle.attestation if evidence.bundle else None
    return Subject(
        kind="bundle" if evidence.bundle else "run folder",
        name=evidence.given.name,
        attestation_sha256=_sha256(attestation) if attestation else None,
        key_id=evidence.key_id,
        results_sha256=_sha256(evidence.run.results),
        claimed=_claimed(evidence.run.results),
    )


def _sha256(path: Path) -> str | None:
    return sha256_file(path) if path.is_file() else None


def _claimed(path: Path) -> Claimed | None:
    try:
        results = recorded_results(path.read_bytes(), ResultsHead)
    except (OSError, BadInputError):
        return None
    claimed = results.protocol
    return Claimed(claimed.id, claimed.version, claimed.sha256, claimed.stage, results.verdict)


def _levels(evidence: OpenedEvidence, rerun: Rerun) -> tuple[AttestedLevel, ...]:
    done = {level.level: level for level in rerun.levels}
    levels = []
    for number in (INTACT, *LEVELS):
        found = done.get(number)
        # A run folder has no signature, and that of a bundle proves nothing without the auditor's key.
        reached = found is not None and (number != INTACT or found.word == "verified")
        levels.append(
            AttestedLevel(
                level=number,
                promise=PROMISES[number],
                asked=_asked(number, evidence, rerun.asked),
                reached=reached and found is not None and found.reproduced,
                outcome=found.word if found else None,
                findings=found.findings if found else (),
            )
        )
    return tuple(levels)


def _asked(number: int, evidence: OpenedEvidence, level: int | None) -> bool:
    if number == INTACT:
        return evidence.key_id is not None
    return level is not None and number <= level
