"""Bill of materials: software and versions as recorded, the weights, and the fonts of this document.

Owns the selection. Only what was recorded before the report is printed: a document that named the software of its
layout could not be reproduced on another machine. Source: run.json, model/plan.json and the bundled fonts.
"""

from dataclasses import dataclass

from protocols.storage.run_folder import RunRecord
from reports.fonts.bundled import FACES, font_digests
from reports.pdf.render_stack import LIBRARIES, PACKAGES
from reports.run_files.device import Device

NOT_INSTALLED = "not installed"


@dataclass(frozen=True, slots=True)
class BillPart:
    """A piece of software and its version as recorded."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class FontFile:
    """A bundled font: its file, the name under which a PDF embeds it, and the first digits of its SHA-256."""

    file: str
    embedded_as: str
    digest: str


@dataclass(frozen=True, slots=True)
class BillOfMaterials:
    """The parts of a run.

    Attributes:
        software: the suite, Python, then installed packages by name.
        weights_sha256, initial_weights_sha256: of the device, and before its training; None where absent.
        fonts: in the order of `FACES`.
        layout: libraries and packages whose versions are in run.json after the report.
    """

    software: tuple[BillPart, ...]
    weights_sha256: str | None
    initial_weights_sha256: str | None
    fonts: tuple[FontFile, ...]
    layout: tuple[str, ...]


def bill_of_materials(record: RunRecord, device: Device | None) -> BillOfMaterials:
    """Return the parts of a run."""
    packages = sorted(record.versions.items())
    digests = font_digests()
    return BillOfMaterials(
        software=(
            BillPart("cxr510k", record.suite),
            BillPart("python", record.python),
            *(BillPart(name, version) for name, version in packages if version != NOT_INSTALLED),
        ),
        weights_sha256=device.plan.weights_sha256 if device else None,
        initial_weights_sha256=device.plan.training.initial_weights_sha256 if device else None,
        fonts=tuple(FontFile(face.file, face.embedded_name, digests[face.file]) for face in FACES),
        layout=(*LIBRARIES, *PACKAGES),
    )
