"""The machine-readable bill of materials of a bundle: bom.cdx.json, CycloneDX 1.6.

Owns the document and its components of software; the device's is `model_card`'s. The bill that a report prints is
`reports.appendices.bill_of_materials`: the packages of run.json in words. This one lists the same packages, and adds
what else of the lock is installed where the bundle is made. It contains no time but the run's, and nothing random.
Sources: CycloneDX 1.6; package URLs (purl-spec, type pypi).
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any

from protocols.evidence.bundle.model_card import REFERENCE as DEVICE
from protocols.evidence.environment.machine import DISTRIBUTION
from protocols.evidence.environment.requirements import (
    LOCK,
    Requirement,
    locked_requirements,
    parse_requirements,
)
from protocols.evidence.environment.system_info import installed_packages
from protocols.storage.canonical import json_text, sha256_bytes
from protocols.storage.run_folder import RunRecord

NOT_INSTALLED = "not installed"
SUITE_LICENCE = "Apache-2.0"
LONGEST_LICENCE = 100  # some packages put the whole text where its name belongs
RECORDED, FOUND = "run.json", "installed where the bundle was made"


def bill_text(record: RunRecord, device: Mapping[str, Any]) -> str:
    """Return the text of bom.cdx.json.

    Args:
        record: of the run.
        device: the component of the device.
    """
    software = [_python(record), *_packages(record), *_libraries(record)]
    suite = {
        "type": "application",
        "bom-ref": "suite",
        "name": DISTRIBUTION,
        "version": record.suite,
        "licenses": [{"license": {"id": SUITE_LICENCE}}],
        "properties": _version_source(source=RECORDED),
    }
    used = sorted(component["bom-ref"] for component in software)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"timestamp": record.started, "component": suite},
        "components": [device, *software],
        "dependencies": [{"ref": DEVICE}, {"ref": "suite", "dependsOn": used}],
    }
    # Another content has another serial number, as with random ones.
    digest = bytes.fromhex(sha256_bytes(json_text(bill).encode("utf-8")))
    return json_text({**bill, "serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=5)}"})


def _python(record: RunRecord) -> dict[str, Any]:
    return {
        "type": "platform",
        "bom-ref": "python",
        "name": "python",
        "version": record.python,
        "properties": _version_source(source=RECORDED),
    }


def _packages(record: RunRecord) -> list[dict[str, Any]]:
    """Return every package of the lock: as the run recorded it, else as installed here."""
    recorded = {name: version for name, version in record.versions.items() if version != NOT_INSTALLED}
    here = installed_packages()
    versions = {**here, **recorded}
    locked = {(one.name, one.version): one for one in parse_requirements(locked_requirements())}
    return [
        _package(
            name,
            version,
            source=RECORDED if name in recorded else FOUND,
            locked=locked.get((name, version)),
            licensed=here.get(name) == version,
        )
        for name, version in sorted(versions.items())
    ]


def _package(
    name: str, version: str, *, source: str, locked: Requirement | None, licensed: bool
) -> dict[str, Any]:
    normal = re.sub("[-_.]+", "-", name).lower()
    purl = f"pkg:pypi/{normal}@{version.replace('+', '%2B')}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "properties": _version_source(source=source),
    }
    if licensed and (licences := _licences(name)):
        component["licenses"] = licences
    if locked:
        component["externalReferences"] = [
            {
                "type": "distribution",
                "url": LOCK,
                "comment": "every file of this release; an installation holds one of them",
                "hashes": [{"alg": "SHA-256", "content": digest} for digest in locked.sha256],
            }
        ]
    return component


def _libraries(record: RunRecord) -> list[dict[str, Any]]:
    """Return the system libraries that laid out the report, where the record has their version."""
    packages = {*record.versions, *installed_packages()}
    return [
        {
            "type": "library",
            "bom-ref": f"system:{name}",
            "name": name,
            "version": version,
            "properties": _version_source(source=RECORDED),
        }
        for name, version in sorted(record.render_stack.items())
        if name not in {*packages, "python"} and re.match("[0-9]", version) and " " not in name
    ]


@cache
def _licences(name: str) -> Sequence[Mapping[str, Any]]:
    """Return the licence as the package states it: an SPDX expression, else in its own words."""
    stated = metadata.metadata(name)
    for expression in stated.get_all("License-Expression", []):
        return [{"expression": expression}]
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in stated.get_all("Classifier", [])
        if line.startswith("License :: ")
    ]
    words = classifiers or [
        line
        for line in stated.get_all("License", [])
        if "\n" not in line and 0 < len(line) <= LONGEST_LICENCE
    ]
    return [{"license": {"name": name}} for name in sorted(set(words))]


def _version_source(*, source: str) -> list[dict[str, str]]:
    return [{"name": "cxr510k:version-from", "value": source}]
