"""The signed statement of a bundle: an in-toto statement about the two manifests of its bag.

Owns the text of the statement. Reading one is `signed_statement`'s, signing is `signing`'s. Through the manifests it
covers every byte of the bag; its other fields make ledger, protocol and results part of the signed text.
Sources: in-toto Statement v1; SLSA provenance v1; the contract ("Bundle").
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from protocols.evidence.bundle.layout import LOCK, SUBJECTS, BundleFolder
from protocols.ledger.chain import LedgerHead, Stamp
from protocols.model_folder import WEIGHTS
from protocols.recorded_results import RecordedResults
from protocols.storage.canonical import json_line, sha256_file

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD = "urn:cxr510k:bundle:1"
BUILDER = "urn:cxr510k"


def statement(bundle: BundleFolder, results: RecordedResults, head: LedgerHead, stamp: Stamp) -> bytes:
    """Return the statement about a bundle whose bag is written.

    Args:
        bundle: its folder.
        results: of the run.
        head: of its ledger.
        stamp: of the signing.
    """
    run = bundle.run
    plan = results.protocol
    document = {
        "_type": STATEMENT,
        "subject": [_resource(bundle.root, bundle.root / name) for name in SUBJECTS],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD,
                "externalParameters": {
                    "protocol": {"id": plan.id, "version": plan.version, "sha256": plan.sha256},
                    "seed": results.resampling.seed,
                    "stage": plan.stage,
                },
                "internalParameters": {
                    "ledger": {"entries": head.entries, "head": head.sha256},
                    "results_sha256": sha256_file(run.results),
                    "verdict": results.verdict,
                },
                "resolvedDependencies": [_resource(bundle.data, path) for path in _dependencies(bundle)],
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": dict(stamp.tool)},
                "metadata": {"startedOn": run.read_record().started, "finishedOn": stamp.ts_utc},
            },
        },
    }
    return json_line(document).removesuffix("\n").encode("utf-8")


def _dependencies(bundle: BundleFolder) -> Iterator[Path]:
    """Yield the inputs of the results: the locked software, the device's weights and the tables."""
    yield bundle.data / LOCK
    weights = bundle.run.model / WEIGHTS
    if weights.is_file():
        yield weights
    yield from sorted(path for path in bundle.run.inputs.rglob("*") if path.is_file())


def _resource(root: Path, path: Path) -> dict[str, Any]:
    return {"name": path.relative_to(root).as_posix(), "digest": {"sha256": sha256_file(path)}}
