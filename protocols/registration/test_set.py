"""The identity of a locked test set: its images, their patients and their reads, independent of the files.

A ledger registers this identity and counts looks for it. Columns for subgroups and boxes do not belong to it;
results.json contains the hashes of the complete tables.
"""

from dataclasses import dataclass

from protocols.storage.canonical import sha256_bytes
from protocols.tables.column_writer import json_rows
from protocols.tables.reading import among, constant
from protocols.tables.records import Reads, Studies


@dataclass(frozen=True, slots=True)
class LockedTestSet:
    """The test split of the studies with its reads: its size and the hash of its content."""

    images: int
    patients: int
    content_sha256: str


def locked_test_set_of(studies: Studies, reads: Reads) -> LockedTestSet:
    """Return the identity of a test set: SHA-256 of its rows as sorted JSON lines, independent of the files' order.

    Without a column ``split`` every image belongs to the test set. Reads of other images are left out.
    """
    images = studies.frame[studies.in_test_split]
    read = reads.frame[among(reads.frame["image_id"], images["image_id"])]
    lines = sorted(
        [
            *json_rows([constant("study", images), images["image_id"], images["patient_id"]]),
            *json_rows([constant("read", read), read["image_id"], read["reader_id"], read["verdict"]]),
        ]
    )
    return LockedTestSet(
        images=len(images),
        patients=images["patient_id"].nunique(),
        content_sha256=sha256_bytes("".join(f"{line}\n" for line in lines).encode("utf-8")),
    )
