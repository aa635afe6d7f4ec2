"""timing.json: how long a device takes per image on one machine, as a distribution for each stage.

Owns the document, which `model` writes and `reports` prints. The numbers belong to one machine and one moment: they
are recorded and hashed, and never compared.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from protocols.storage.canonical import json_text
from protocols.storage.json_document import read_document_file

SCHEMA = "cxr510k-timing/1"


@dataclass(frozen=True, slots=True)
class StageTiming:
    """Milliseconds per image: median, 95th percentile and largest of so many measurements.

    ``batch`` is how many images one measurement takes together; its time is divided by them.
    """

    stage: str
    batch: int
    measurements: int
    median_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class DeviceTiming:
    """What was timed, and on what."""

    device: str
    device_name: str
    backend: str
    network: str
    image_size: int
    images: int
    stages: tuple[StageTiming, ...]

    def to_json(self) -> str:
        """Return the canonical JSON of timing.json."""
        return json_text({"schema": SCHEMA, **asdict(self)})


def read_timing(path: Path) -> DeviceTiming | None:
    """Read timing.json; None where it is not there.

    Raises:
        BadInputError: it cannot be read, or is not of this schema.
    """
    if not path.is_file():
        return None
    return read_document_file(path, DeviceTiming, schema=SCHEMA, next_step="run `robustness` again")
