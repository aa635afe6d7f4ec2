"""A run folder made in a second: the suite's own validation of twelve images, without a device or a report."""

from pathlib import Path

import numpy as np
from PIL import Image

from protocols.images.decode import read_image
from protocols.images.hashes import Inventory, record_of
from protocols.ledger.chain import Actor, Event, Stamp, append
from protocols.progress import silent
from protocols.schema.load import parse_protocol
from protocols.storage.canonical import write_text
from protocols.storage.manifest import write_manifest
from protocols.storage.run_folder import RunFolder, RunRecord
from validation.cohort.inputs import input_files
from validation.run import validate

STARTED = "2026-01-31T12:00:00Z"
TOOL = {"cxr510k": "0.1.0", "source_sha256": "0" * 64}
IMAGES = tuple(f"i{number:02}" for number in range(12))
SHAPE = (32, 32)


def stamp_at(hour: int) -> Stamp:
    """A moment of the day of the run, at a desk of its own."""
    return Stamp(f"2026-01-31T{hour:02}:00:00Z", hour, Actor("Ada", "ada", "quality"), "desk", TOOL)


def draw(path: Path, shade: int) -> None:
    """A picture that is like no other shade's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.Generator(np.random.Philox(shade)).integers(0, 256, SHAPE, dtype=np.uint8)
    Image.fromarray(noise).save(path)


def make_run(root: Path, protocol: str, *, images: Path | None = None) -> Path:
    """A run folder of the protocol; its images lie within it, as a phantom run's do, or in the folder given.

    Six patients with two images each, half of them positive; the device errs on one.
    """
    folder = RunFolder(root)
    folder.inputs.mkdir(parents=True)
    write_text(folder.protocol, protocol)
    for number, image_id in enumerate(IMAGES):
        draw((images or root) / "images" / f"{image_id}.png", number)
    _write_tables(folder)
    pictures = {name: read_image((images or root) / "images" / f"{name}.png") for name in IMAGES}
    Inventory({name: record_of(picture) for name, picture in pictures.items()}, {}).write(
        folder.inputs / "images.csv"
    )
    loaded = parse_protocol(protocol.encode(), source="protocol.toml")
    done = validate(loaded, input_files(folder, loaded.protocol), silent)
    write_text(folder.results, done.results.to_json())
    write_text(folder.line_listing, done.line_listing)
    folder.write_record(
        RunRecord(
            started=STARTED,
            command="validate",
            suite="0.1.0",
            python="3.11.7",
            platform="Linux",
            host="desk",
            versions={"numpy": "2.4.6", "tensorflow": "not installed"},
            image_root=str(images) if images else ".",
            device=None,
            durations_seconds={},
            images_per_second={},
            render_stack={},
        )
    )
    append(folder.trail, Event("run"), stamp_at(12))
    write_manifest(root)
    return root


def _write_tables(folder: RunFolder) -> None:
    studies = ["image_id,patient_id,age_years,sex,view,image_path"]
    reads, predictions = ["image_id,reader_id,verdict"], ["image_id,score"]
    for number, image_id in enumerate(IMAGES):
        patient = number // 2
        positive = patient % 2 == 0
        studies.append(
            f"{image_id},p{patient},{30 + 10 * patient},{'FM'[patient % 2]},PA,images/{image_id}.png"
        )
        reads.append(f"{image_id},R1,{'positive' if positive else 'negative'}")
        called = positive != (number == 3)
        predictions.append(f"{image_id},{0.9 - number / 100 if called else 0.1 + number / 100:.6f}")
    for name, lines in (("studies", studies), ("reads", reads), ("predictions", predictions)):
        write_text(folder.inputs / f"{name}.csv", "\n".join(lines) + "\n")
