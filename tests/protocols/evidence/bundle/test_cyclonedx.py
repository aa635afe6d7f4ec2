"""The bill of materials: valid against CycloneDX's own schema, and the same as what the report prints."""

import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from protocols.evidence.bundle import cyclonedx
from protocols.evidence.bundle.cyclonedx import bill_text
from protocols.evidence.bundle.layout import BundleFolder
from protocols.evidence.bundle.model_card import device_component
from protocols.evidence.environment.requirements import locked_requirements, parse_requirements
from protocols.model_folder import PLAN, WEIGHTS
from protocols.recorded_results import RecordedResults, recorded_results
from protocols.schema.load import parse_protocol
from protocols.storage.canonical import json_text, sha256_bytes
from protocols.storage.run_folder import RunFolder
from reports.appendices.bill_of_materials import bill_of_materials
from tests.conftest import PROTOCOL
from tests.reports.run_files.test_device import DOCUMENTS

WORDS = """
[submission]
sponsor = "Example Imaging"
device_name = "Example CAD"
device_version = "2.1"
intended_use = "Order of reading"
indications = "Adults with cough"
intended_users = "Radiologists"
limitations = "Not for children"
threshold_rationale = "Few missed"
[[risk]]
id = "R1"
hazard = "A finding is missed"
situation = "the queue is not read to its end"
measure = "every image is read"
criterion = "SE"
"""


@pytest.fixture
def results(finished_run: Path) -> dict[str, Any]:
    return json.loads((finished_run / "results.json").read_bytes())


@pytest.fixture
def bill(finished_bundle: Path) -> dict[str, Any]:
    return json.loads(BundleFolder(finished_bundle).bill.read_bytes())


def device_of(run: Path, results: dict[str, Any], text: str = PROTOCOL) -> dict[str, Any]:
    protocol = parse_protocol(text.encode(), source="protocol.toml").protocol
    recorded = recorded_results(json_text(results).encode(), RecordedResults)
    return device_component(RunFolder(run), protocol, recorded)


def of_name(bill: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [component for component in bill["components"] if component["name"] == name]
    return found


def plan_of_a_model() -> dict[str, Any]:
    """The plan of a DenseNet-121 that was trained on text-mined labels."""
    plan = DOCUMENTS[PLAN]
    made = {"network": "densenet121", "image_size": 224, "label_source": "text_mined"}
    counts = {
        name: plan["split"][name] | {"images": 10 * n, "patients": n, "positives": n, "negatives": 9 * n}
        for name, n in (("train", 7), ("tune", 3))
    }
    return plan | {"training": plan["training"] | made, "split": plan["split"] | counts}


@pytest.fixture
def trained(run_folder: Path) -> Path:
    """A run folder with what the card reads of a device that the run trained."""
    (run_folder / "model").mkdir()
    (run_folder / "model" / PLAN).write_text(json.dumps(plan_of_a_model()), encoding="utf-8")
    (run_folder / "model" / WEIGHTS).write_bytes(b"weights")
    return run_folder


def test_it_is_valid_against_cyclonedx(trained: Path, results: dict[str, Any]) -> None:
    record = RunFolder(trained).read_record()
    text = bill_text(record, device_of(trained, results, PROTOCOL + WORDS))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_one_of_a_device_from_elsewhere_is_valid_against_cyclonedx(
    finished_run: Path, results: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cyclonedx, "locked_requirements", lambda: b"")  # 3,000 hashes are tried above
    record = RunFolder(finished_run).read_record()
    text = bill_text(record, device_of(finished_run, results))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_the_oracle_rejects_what_is_no_bill(finished_bundle: Path) -> None:
    text = BundleFolder(finished_bundle).bill.read_text(encoding="utf-8")
    document = json.loads(text)
    broken = json.dumps({**document, "components": [{"type": "machine", "name": "device"}]})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(broken) is not None


def test_every_reference_is_there_once(bill: dict[str, Any]) -> None:
    references = [component["bom-ref"] for component in (bill["metadata"]["component"], *bill["components"])]
    assert len(set(references)) == len(references)
    used = {ref for one in bill["dependencies"] for ref in (one["ref"], *one.get("dependsOn", []))}
    assert used == set(references)


def test_its_time_is_the_run_s_and_its_number_follows_from_its_content(
    finished_run: Path, results: dict[str, Any]
) -> None:
    record = RunFolder(finished_run).read_record()
    device = device_of(finished_run, results)
    first = json.loads(bill_text(record, device))
    again = json.loads(bill_text(record, device))
    other = json.loads(bill_text(replace(record, suite="0.1.1"), device))
    assert first["metadata"]["timestamp"] == record.started
    assert first["serialNumber"] == again["serialNumber"] != other["serialNumber"]


def test_what_the_run_recorded_stands_as_recorded_against_the_report_s_bill(
    finished_run: Path, results: dict[str, Any]
) -> None:
    record = replace(
        RunFolder(finished_run).read_record(),
        versions={"numpy": "1.99.0", "scipy": "1.14.1", "tensorflow": "not installed"},
    )
    bill = json.loads(bill_text(record, device_of(finished_run, results)))
    printed = {part.name: part.version for part in bill_of_materials(record, None).software}
    stated = {one["name"]: one["version"] for one in (bill["metadata"]["component"], *bill["components"][1:])}
    assert printed.items() <= stated.items()
    numpy = of_name(bill, "numpy")
    # neither licence nor hashes of another version than the one that was used
    assert numpy["properties"] == [{"name": "cxr510k:version-from", "value": "run.json"}]
    assert "licenses" not in numpy
    assert "externalReferences" not in numpy


def test_a_package_that_is_installed_here_has_its_hashes_and_licence(bill: dict[str, Any]) -> None:
    pydantic = of_name(bill, "pydantic")
    locked = {one.name: one for one in parse_requirements(locked_requirements())}["pydantic"]
    assert pydantic["version"] == metadata.version("pydantic") == locked.version
    assert pydantic["licenses"] == [{"expression": "MIT"}]
    (reference,) = pydantic["externalReferences"]
    assert [one["content"] for one in reference["hashes"]] == list(locked.sha256)


def test_package_urls_against_packageurl(bill: dict[str, Any]) -> None:
    packages = [one for one in bill["components"] if "purl" in one]
    parsed = [PackageURL.from_string(one["purl"]) for one in packages]
    assert [(one.type, one.name, one.version) for one in parsed] == [
        ("pypi", one["name"].replace("_", "-").replace(".", "-"), one["version"]) for one in packages
    ]
    assert [one.to_string() for one in parsed] == [one["purl"] for one in packages]


def test_system_libraries_of_the_report_by_hand(finished_run: Path, results: dict[str, Any]) -> None:
    stack = {
        "pango": "1.56.3",
        "python": "3.11",
        "harfbuzz-subset": "yes",
        "weasyprint": "70.0",
        "font X.ttf": "0123",
    }
    record = replace(RunFolder(finished_run).read_record(), render_stack=stack)
    bill = json.loads(bill_text(record, device_of(finished_run, results)))
    system = [one["name"] for one in bill["components"] if one["bom-ref"].startswith("system:")]
    assert system == ["pango"]


def test_the_card_tells_every_estimate_that_may_be_relied_on(
    bill: dict[str, Any], results: dict[str, Any]
) -> None:
    metrics = bill["components"][0]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    relied_on = [one for one in results["estimates"] if one["status"] == "ok"]
    assert [(one["type"], float(one["value"])) for one in metrics] == [
        (one["metric"], one["value"]) for one in relied_on
    ]


def test_an_interval_of_the_card_is_the_one_that_decides_by_hand(
    finished_run: Path, results: dict[str, Any]
) -> None:
    estimate = {
        "metric": "sensitivity",
        "subgroup": {"axis": "sex", "level": "F"},
        "value": 0.9,
        "intervals": {"percentile": [0.1, 0.2], "exact_clustered": [0.8, 0.95], "bca": None},
        "decision_interval": "exact_clustered",
        "status": "ok",
    }
    without = {**estimate, "metric": "auroc", "decision_interval": "bca"}
    poor = {**estimate, "metric": "f1", "status": "insufficient"}
    device = device_of(finished_run, results | {"estimates": [estimate, without, poor]})
    assert device["modelCard"]["quantitativeAnalysis"]["performanceMetrics"] == [
        {
            "type": "sensitivity",
            "value": "0.9",
            "slice": "sex=F",
            "confidenceInterval": {"lowerBound": "0.8", "upperBound": "0.95"},
        },
        {"type": "auroc", "value": "0.9", "slice": "sex=F"},
    ]


def test_a_device_from_elsewhere_is_told_as_far_as_it_is_known(
    finished_run: Path, results: dict[str, Any]
) -> None:
    device = device_of(finished_run, results)
    assert device["name"] == "device of protocol small"
    assert "hashes" not in device
    assert "version" not in device
    assert set(device["modelCard"]) == {"modelParameters", "quantitativeAnalysis"}
    assert set(device["modelCard"]["modelParameters"]) == {"task", "inputs", "outputs"}


def test_a_trained_device_is_told_by_its_own_record(trained: Path, results: dict[str, Any]) -> None:
    device = device_of(trained, results)
    parameters = device["modelCard"]["modelParameters"]
    assert device["hashes"] == [{"alg": "SHA-256", "content": sha256_bytes(b"weights")}]
    assert parameters["modelArchitecture"] == "DenseNet-121"
    assert parameters["inputs"] == [{"format": "grey image of 224 x 224 pixels"}]
    assert [one["description"] for one in parameters["datasets"]] == [
        "70 images of 7 patients: 7 positive, 63 negative; labels from text mined",
        "30 images of 3 patients: 3 positive, 27 negative; labels from text mined",
    ]


def test_the_sponsor_s_words_stand_where_they_belong(finished_run: Path, results: dict[str, Any]) -> None:
    device = device_of(finished_run, results, PROTOCOL + WORDS)
    assert (device["name"], device["version"]) == ("Example CAD", "2.1")
    assert device["manufacturer"] == {"name": "Example Imaging"}
    assert device["modelCard"]["considerations"] == {
        "users": ["Radiologists"],
        "useCases": ["Order of reading", "Adults with cough"],
        "technicalLimitations": ["Not for children"],
        "performanceTradeoffs": ["Few missed"],
        "ethicalConsiderations": [
            {
                "name": "A finding is missed: the queue is not read to its end",
                "mitigationStrategy": "every image is read",
            }
        ],
    }
