"""The device under test as a component of a bill of materials: parameters, training data and performance.

Owns the model card. Where the run trained the device, its record (model/plan.json) is the source; of another device
only the protocol's statements are known, and missing ones are left out. Nothing is computed here.
Source: CycloneDX 1.6, "modelCard".
"""

from collections.abc import Iterator
from typing import Any

from protocols.model_folder import PLAN, WEIGHTS, SplitExamples, read_plan
from protocols.recorded_results import RecordedResults
from protocols.schema.protocol import Protocol
from protocols.storage.canonical import sha256_file
from protocols.storage.run_folder import RunFolder

REFERENCE = "device"
ARCHITECTURES = {"compact": "compact residual convolutional network", "densenet121": "DenseNet-121"}


def device_component(run: RunFolder, protocol: Protocol, results: RecordedResults) -> dict[str, Any]:
    """Return the component of the device.

    Args:
        run: of the validation; ``model/`` where it trained the device.
        protocol: of the run.
        results: of the run.
    """
    submission = protocol.submission
    component: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": REFERENCE,
        "name": submission.device_name or f"device of protocol {protocol.id}",
        "description": f"{protocol.claim.type} of {protocol.claim.finding}",
        "modelCard": {
            "modelParameters": _parameters(run, protocol),
            "quantitativeAnalysis": {"performanceMetrics": list(_performance(results))},
        },
    }
    if submission.device_version:
        component["version"] = submission.device_version
    if submission.sponsor:
        component["manufacturer"] = {"name": submission.sponsor}
    weights = run.model / WEIGHTS
    if weights.is_file():
        component["hashes"] = [{"alg": "SHA-256", "content": sha256_file(weights)}]
    considerations = _considerations(protocol)
    if considerations:
        component["modelCard"]["considerations"] = considerations
    return component


def _parameters(run: RunFolder, protocol: Protocol) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "task": f"binary classification of chest radiographs: {protocol.claim.finding}",
        "inputs": [{"format": "chest radiograph"}],
        "outputs": [{"format": "score in [0, 1]"}],
    }
    if (run.model / PLAN).is_file():
        plan = read_plan(run.model)
        training = plan.training
        parameters |= {
            "approach": {"type": "supervised"},
            "architectureFamily": "convolutional neural network",
            "modelArchitecture": ARCHITECTURES[training.network],
            "inputs": [{"format": f"grey image of {training.image_size} x {training.image_size} pixels"}],
            "datasets": [
                _dataset("train", plan.split.train, training.label_source),
                _dataset("tune", plan.split.tune, training.label_source),
            ],
        }
    return parameters


def _dataset(name: str, split: SplitExamples, source: str) -> dict[str, Any]:
    description = (
        f"{split.images} images of {split.patients} patients: {split.positives} positive, "
        f"{split.negatives} negative; labels from {source.replace('_', ' ')}"
    )
    return {"type": "dataset", "name": name, "description": description}


def _performance(results: RecordedResults) -> Iterator[dict[str, Any]]:
    """Yield every estimate of status ok with the confidence interval that decides, in the numbers of results.json."""
    for estimate in results.estimates:
        if estimate.status != "ok":
            continue
        metric: dict[str, Any] = {
            "type": estimate.metric,
            "value": str(estimate.value),
            "slice": f"{estimate.subgroup.axis}={estimate.subgroup.level}",
        }
        interval = estimate.intervals.get(estimate.decision_interval or "")
        if interval:
            lower, upper = interval
            metric["confidenceInterval"] = {"lowerBound": str(lower), "upperBound": str(upper)}
        yield metric


def _considerations(protocol: Protocol) -> dict[str, Any]:
    """Return the sponsor's statements, where CycloneDX has a place for them."""
    words = protocol.submission
    stated = {
        "users": [words.intended_users],
        "useCases": [words.intended_use, words.indications, words.use_environment, words.intended_population],
        "technicalLimitations": [words.contraindications, words.limitations],
        "performanceTradeoffs": [words.threshold_rationale, words.clinical_impact],
    }
    found: dict[str, Any] = {
        place: kept for place, texts in stated.items() if (kept := [text for text in texts if text])
    }
    if protocol.risk:
        found["ethicalConsiderations"] = [
            {"name": f"{risk.hazard}: {risk.situation}", "mitigationStrategy": risk.measure}
            for risk in protocol.risk
        ]
    return found
