"""timing.json: the time per image of a device on one machine, as a distribution for each stage.

Owns the document, which `model` writes and `reports` prints. Times depend on the machine and the moment: they are
recorded and hashed, and never compared.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from protocols.storage.canonical import json_text
from protocols.storage.json_document import read_document_file

SCHEMA = "cxr510k-timing/1"


@dataclass(frozen=True, slots=True)
class StageTiming:
    """Milliseconds per image: median, 95th percentile and maximum over the measurements.

    ``batch`` is the number of images in one measurement; its time is divided by it.
    """

    stage: str
    batch: int
    measurements: int
    median_ms: float
    p95_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class DeviceTiming:
    """The timing of a device, and the hardware and software it was measured on."""

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
