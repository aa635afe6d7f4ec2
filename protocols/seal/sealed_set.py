"""What a sealed test set is, whatever files it comes from: its images, their patients and what readers said of them.

Owns the identity that a ledger registers and counts looks for. Columns that a protocol may use as subgroups and boxes
are no part of it; results.json holds the hashes of the whole tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from protocols.canonical import json_line, sha256_bytes
from protocols.records import Reads, Split, Studies


@dataclass(frozen=True, slots=True)
class SealedSet:
    """The test split of some studies with its reads: how much it is, and the hash of what it is."""

    images: int
    patients: int
    content_sha256: str


def sealed_set_of(studies: Studies, reads: Reads) -> SealedSet:
    """The identity of a test set: SHA-256 of its rows as sorted JSON lines, whatever the order of the files.

    Without a column ``split`` every image is of the test set. Reads of other images do not enter.
    """
    patient_of = {
        image: patient
        for row, (image, patient) in enumerate(zip(studies.image_id, studies.patient_id, strict=True))
        if studies.split is None or studies.split[row] == Split.TEST
    }
    lines = sorted(_lines(patient_of, reads))
    return SealedSet(
        images=len(patient_of),
        patients=len(set(patient_of.values())),
        content_sha256=sha256_bytes("".join(lines).encode("utf-8")),
    )


def _lines(patient_of: dict[str, str], reads: Reads) -> Iterator[str]:
    yield from (json_line(["study", image, patient]) for image, patient in patient_of.items())
    for image, reader, verdict in zip(reads.image_id, reads.reader_id, reads.verdict, strict=True):
        if image in patient_of:
            yield json_line(["read", image, reader, verdict])
