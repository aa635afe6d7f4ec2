"""Checks that the run folder in a bag is as it was recorded, and that its images are the ones that were scored.

Owns the comparison of the payload with the run's own manifest.json, less what a bundle adds and less the images that
were left out, and of images.csv with the images in the bag. Pixels are compared by a rerun at level 2.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from protocols.errors import EvidenceDiffersError
from protocols.evidence.bundle.bag import is_inside
from protocols.evidence.bundle.layout import ADDED, IMAGES, LISTING
from protocols.evidence.verification.check import Check, Problem, check_of
from protocols.evidence.verification.environment_check import recorded_environment
from protocols.evidence.verification.signed_content import DATA, Covered
from protocols.storage.manifest import NAME, ManifestEntry, recorded_files
from protocols.storage.run_folder import IN_THE_RUN

BUNDLED = ("yes", "no")


def run_manifest(content: bytes) -> tuple[ManifestEntry, ...]:
    """Read the entries of a run's own manifest.json.

    Raises:
        EvidenceDiffersError: it is not a manifest, has a duplicate, or lists a file outside the folder.
    """
    entries = recorded_files(content, error=EvidenceDiffersError)
    seen: set[str] = set()
    for entry in entries:
        if entry.path in seen:
            raise EvidenceDiffersError(f"{NAME}: lists {entry.path!r} a second time.")
        if not is_inside(entry.path):
            raise EvidenceDiffersError(f"{NAME}: {entry.path!r} leads out of the run folder.")
        seen.add(entry.path)
    return entries


@dataclass(frozen=True, slots=True)
class ImageLine:
    """A line of a bundle's images.csv, as far as a verification needs it."""

    image_id: str
    image_path: str
    file_sha256: str
    bundled: bool


def images_listed(content: bytes) -> tuple[ImageLine, ...]:
    """Read the lines of a bundle's images.csv.

    Raises:
        EvidenceDiffersError: it is not a list of images, has a duplicate, or lists an image outside the bag.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
        listed = tuple(_listed(row) for row in rows)
    except (csv.Error, KeyError, ValueError) as error:
        raise EvidenceDiffersError(f"{LISTING}: is not the list of a bundle's images ({error}).") from error
    seen: set[str] = set()
    for image in listed:
        if image.image_id in seen:
            raise EvidenceDiffersError(f"{LISTING}: lists image {image.image_id!r} a second time.")
        seen.add(image.image_id)
    return listed


def check_images(covered: Covered) -> Check:
    """Check that the bag contains every bundled image as images.csv lists it, and none that it leaves out."""
    listed = covered.read(LISTING, images_listed)
    start = _start_of_images(covered)
    problems = []
    for image in listed:
        path = f"{start}{image.image_path}"
        there = covered.digest(path)
        if image.bundled and there != image.file_sha256:
            words = "is missing" if there is None else f"is not the file that {LISTING} lists"
            problems.append(Problem(f"{DATA}/{path}", words))
        elif not image.bundled and image.image_path and there is not None:
            problems.append(Problem(f"{DATA}/{path}", f"is in the bag, but {LISTING} records it as left out"))
    bundled = sum(image.bundled for image in listed)
    left_out = f", {len(listed) - bundled:,} left out, known by their hashes" if bundled < len(listed) else ""
    return check_of("images", problems, f"{bundled:,} files as listed{left_out}")


def check_run_folder(covered: Covered) -> Check:
    """Check that the payload is the run's own manifest, plus what a bundle adds, less the images left out."""
    recorded = {entry.path: entry for entry in covered.read(NAME, run_manifest)}
    listed, start = covered.read(LISTING, images_listed), _start_of_images(covered)
    bundled = {f"{start}{image.image_path}" for image in listed if image.bundled}
    left_out = {f"{start}{image.image_path}" for image in listed if not image.bundled}
    problems = list(_recorded(covered, recorded, left_out))
    expected = {*recorded, *ADDED, NAME, *bundled}
    for path in covered.payload() - expected:
        problems.append(Problem(f"{DATA}/{path}", f"is neither in the run's {NAME} nor added by a bundle"))
    added = sum(path not in recorded for path in covered.payload())
    return check_of(
        "run folder", problems, f"{len(recorded):,} files as its own {NAME} lists them, {added} added"
    )


def _recorded(
    covered: Covered, recorded: Mapping[str, ManifestEntry], left_out: set[str]
) -> Iterator[Problem]:
    for path, entry in recorded.items():
        there = covered.digest(path)
        if there is None and path not in left_out:
            yield Problem(f"{DATA}/{path}", f"is in the run's {NAME}, but not here")
        elif there is not None and (there, covered.size(path)) != (entry.sha256, entry.size):
            yield Problem(f"{DATA}/{path}", f"is not the file that the run's {NAME} lists")


def _start_of_images(covered: Covered) -> str:
    """Return where paths of images begin: the run folder if the run had them there, else the folder of copies."""
    inside = covered.read("run.json", recorded_environment).image_root == IN_THE_RUN
    return "" if inside else f"{IMAGES}/"


def _listed(row: dict[str, str]) -> ImageLine:
    if None in row or None in row.values():
        raise ValueError("a line has another number of fields")
    if row["bundled"] not in BUNDLED:
        raise ValueError(f"bundled is {row['bundled']!r}")
    if row["image_path"] and not is_inside(row["image_path"]):
        raise ValueError(f"{row['image_path']!r} leads out of the bag")
    return ImageLine(row["image_id"], row["image_path"], row["file_sha256"], row["bundled"] == "yes")
