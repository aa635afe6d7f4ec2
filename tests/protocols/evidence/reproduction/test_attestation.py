"""The content of an attestation, by hand: what was asked, reached and found, of which bytes, by whom."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from protocols.evidence.bundle.layout import BundleFolder
from protocols.evidence.environment.machine import source_sha256
from protocols.evidence.reproduction.attestation import Attestation, attest
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.evidence.reproduction.open_evidence import OpenedEvidence
from protocols.evidence.reproduction.rerun_levels import INTACT, LevelOutcome, Rerun, Word, outcome
from protocols.evidence.verification.environment_check import EnvironmentRow
from protocols.finding import ReproductionFinding
from protocols.ledger.chain import Actor, Stamp
from protocols.storage.canonical import json_text, sha256_bytes
from protocols.storage.run_folder import RunRecord

RECORD = RunRecord(
    started="2026-01-31T12:00:00Z",
    command="run",
    suite="1",
    python="3.11.7",
    platform="here",
    host="their-host",
    versions={"numpy": "2.4.6", "tensorflow": "2.21.0"},
    image_root=None,
    device=None,
    durations_seconds={},
    images_per_second={},
    render_stack={"pango": "1.50"},
)
RAN = Stamp("2026-02-01T08:30:00Z", 1, Actor("Ada Example", "ada", "auditor"), "laptop", {"cxr510k": "1"})
RESULTS = {
    "schema": "cxr510k-results/1",
    "protocol": {"id": "small", "version": 3, "sha256": "a" * 64, "stage": "exploratory"},
    "verdict": "pass",
}
SAME = ReproductionFinding("results.json", True, "identical to the byte")
OTHER = ReproductionFinding("scores", False, "i3 recorded 0.7, recomputed 0.6")
BAND = GuardBand(1e-5, 4, ("i2",))


@pytest.fixture
def bundle(tmp_path: Path) -> BundleFolder:
    made = BundleFolder(tmp_path / "b.tar-unpacked")
    made.data.mkdir(parents=True)
    made.attestation.write_text("signed")
    made.run.results.write_text(json_text(RESULTS))
    made.run.write_record(RECORD)
    return made


def evidence_of(
    bundle: BundleFolder, word: Word, *, key_id: str | None, passed: bool = True
) -> OpenedEvidence:
    intact = LevelOutcome(INTACT, word, (ReproductionFinding("payload", passed, "as listed"),))
    return OpenedEvidence(Path("b.tar"), bundle.run, bundle, key_id, intact)


def attested(evidence: OpenedEvidence, rerun: Rerun, here: RunRecord = RECORD) -> Attestation:
    return attest(evidence, rerun, here, RAN)


def reached(attestation: Attestation) -> list[tuple[bool, bool, str | None]]:
    return [(level.asked, level.reached, level.outcome) for level in attestation.levels]


def test_levels_asked_and_reached_by_hand(bundle: BundleFolder) -> None:
    evidence = evidence_of(bundle, "verified", key_id="k")
    done = Rerun(2, (evidence.intact, outcome(1, (SAME,)), outcome(2, (OTHER,))), None, BAND)
    told = attested(evidence, done)
    assert reached(told) == [
        (True, True, "verified"),
        (True, True, "identical"),
        (True, False, "not reproduced"),
        (False, False, None),
    ]
    assert told.verdict == "verified, level 1 identical, level 2 not reproduced"
    assert (told.reproduced, told.first_difference) == (False, f"scores: {OTHER.words}")
    assert told.guard_band == BAND


def test_without_a_key_level_0_is_not_reached_by_hand(bundle: BundleFolder) -> None:
    evidence = evidence_of(bundle, "signature not checked", key_id=None)
    told = attested(evidence, Rerun(1, (evidence.intact, outcome(1, (SAME,))), None, BAND))
    assert reached(told)[:2] == [(False, False, "signature not checked"), (True, True, "identical")]
    assert (told.subject.key_id, told.verdict) == (None, "signature not checked, level 1 identical")


def test_a_run_folder_bears_no_signature_by_hand(bundle: BundleFolder) -> None:
    evidence = replace(evidence_of(bundle, "as recorded", key_id=None), bundle=None)
    told = attested(evidence, Rerun(1, (evidence.intact, outcome(1, (SAME,))), (), BAND))
    assert reached(told)[0] == (False, False, "as recorded")
    assert (told.subject.kind, told.subject.attestation_sha256) == ("run folder", None)
    assert told.verdict == "as recorded, level 1 identical, reproduced independently"


def test_what_was_rerun_is_named_by_its_hashes(bundle: BundleFolder) -> None:
    evidence = evidence_of(bundle, "verified", key_id="k")
    subject = attested(evidence, Rerun(None, (evidence.intact,), (), BAND)).subject
    assert (subject.name, subject.key_id) == ("b.tar", "k")
    assert subject.attestation_sha256 == sha256_bytes(b"signed")
    assert subject.results_sha256 == sha256_bytes(bundle.run.results.read_bytes())
    assert subject.claimed is not None
    assert (subject.claimed.protocol_id, subject.claimed.protocol_version) == ("small", 3)


@pytest.mark.parametrize("content", [None, b"{}", b"no JSON", b'{"protocol": 1}'])
def test_evidence_that_is_not_intact_is_attested_as_that(bundle: BundleFolder, content: bytes | None) -> None:
    bundle.run.record.unlink()
    bundle.run.results.unlink()
    if content is not None:
        bundle.run.results.write_bytes(content)
    evidence = evidence_of(bundle, "not verified", key_id="k", passed=False)
    told = attested(evidence, Rerun(1, (evidence.intact,)))
    assert (told.verdict, told.reproduced, told.subject.claimed) == ("not verified", False, None)
    assert reached(told)[:2] == [(True, False, "not verified"), (True, False, None)]
    assert told.environment == ()


def test_only_what_differs_of_the_environment_is_told_by_hand(bundle: BundleFolder) -> None:
    evidence = evidence_of(bundle, "verified", key_id="k")
    here = replace(
        RECORD,
        host="another-host",
        versions={"numpy": "2.3.0", "tensorflow": "2.21.0"},
        render_stack={"pango": "1.52"},
    )
    told = attested(evidence, Rerun(1, (evidence.intact, outcome(1, (SAME,))), None, BAND), here)
    assert told.environment == (
        EnvironmentRow("cxr510k source", "not recorded", source_sha256()),
        EnvironmentRow("numpy", "2.4.6", "2.3.0"),
        EnvironmentRow("render: pango", "1.50", "1.52"),
    )


def test_its_json_is_canonical_and_says_who_ran_it(bundle: BundleFolder) -> None:
    evidence = evidence_of(bundle, "verified", key_id="k")
    text = attested(evidence, Rerun(1, (evidence.intact, outcome(1, (SAME,))), None, BAND)).to_json()
    document = json.loads(text)
    assert text == json_text(document)
    assert document["schema"] == "cxr510k-attestation/1"
    assert document["ran"]["actor"] == {"id": "ada", "name": "Ada Example", "role": "auditor"}
    assert (document["ran"]["host"], document["ran"]["ts_utc"]) == ("laptop", "2026-02-01T08:30:00Z")
